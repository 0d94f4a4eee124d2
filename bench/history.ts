// Computes a job's speed from its histories: when each kind of activity ran, and how many events a batch took.

import type { Client } from '@temporalio/client';

export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface JobHistory {
  /** By activity type. */
  readonly spans: ReadonlyMap<string, readonly Span[]>;
  /** The batch with the most events: their number, and the number of its polls. */
  readonly events: number;
  readonly polls: number;
}

const msOf = (time: { seconds?: unknown; nanos?: number | null } | null | undefined): number =>
  Number(time?.seconds ?? 0) * 1000 + Number(time?.nanos ?? 0) / 1e6;

export async function readHistory(client: Client, jobId: string): Promise<JobHistory> {
  const spans = new Map<string, Span[]>();
  let most = { events: 0, polls: 0 };
  for await (const { workflowId, type } of client.workflow.list({ query: `RootWorkflowId = '${jobId}'` })) {
    const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
    const scheduled = new Map<string, string>();
    const started = new Map<string, number>();
    let polls = 0;
    for (const event of events ?? []) {
      const schedule = event.activityTaskScheduledEventAttributes;
      if (schedule) scheduled.set(String(event.eventId), schedule.activityType?.name ?? '');
      const start = event.activityTaskStartedEventAttributes;
      if (start) started.set(String(start.scheduledEventId), msOf(event.eventTime));
      const done = event.activityTaskCompletedEventAttributes;
      if (!done) continue;
      const name = scheduled.get(String(done.scheduledEventId)) ?? '';
      if (name === 'look') polls += 1;
      const span = { from: started.get(String(done.scheduledEventId)) ?? 0, to: msOf(event.eventTime) };
      spans.set(name, [...(spans.get(name) ?? []), span]);
    }
    if (type === 'processBatch' && (events?.length ?? 0) > most.events) {
      most = { events: events?.length ?? 0, polls };
    }
  }
  return { spans, ...most };
}

/** The times during which at least one of the spans was running, in order and without overlap. */
export function joinSpans(spans: readonly Span[]): Span[] {
  const joined: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last === undefined || span.from > last.to) {
      joined.push(span);
    } else {
      joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, span.to) };
    }
  }
  return joined;
}

export const sumSeconds = (spans: readonly Span[]): number =>
  spans.reduce((sum, { from, to }) => sum + to - from, 0) / 1000;
