// Jobs by the clock: Temporal schedules that start `processDataset` with the reference of a job file.

import { type Client, type ScheduleDescription, ScheduleOverlapPolicy } from '@temporalio/client';
import { backfillSpan } from './day.ts';
import { jobText } from './job-text.ts';

export interface ScheduleOptions {
  /** Where the job file lies, below the data root: it is read anew at each start. */
  readonly job: string;
  /** Five fields, e.g. "0 2 * * *". */
  readonly cron: string;
  /** Whose clock `cron` goes by. Default UTC. */
  readonly timezone?: string;
  /** How late a start may be that was missed while the server was down, e.g. "2h", the default. */
  readonly catchupMs?: number;
  /** Each start is put off by a random time up to this. */
  readonly jitterMs?: number;
  readonly paused?: boolean;
  readonly note?: string;
  readonly taskQueue?: string;
}

export interface BackfillOptions {
  /** Days as YYYY-MM-DD in the schedule's time zone, the last one included, or instants as ISO 8601. */
  readonly from: string;
  readonly to: string;
}

export interface ListedSchedule {
  readonly id: string;
  readonly paused: boolean;
  readonly note: string | null;
  readonly job: string | null;
  readonly cron: string | null;
  readonly timezone: string | null;
  readonly next: string | null;
  readonly last: string | null;
}

export interface DescribedSchedule extends ListedSchedule {
  readonly taskQueue: string;
  readonly catchupMs: number;
  readonly jitterMs: number;
  /** Starts that came while an earlier job still ran. */
  readonly skipped: number;
  readonly missed: number;
  readonly running: readonly string[];
  /** Ids of the jobs started last, the latest first. */
  readonly started: readonly string[];
}

const hourMs = 3_600_000;

export class Schedules {
  readonly #client: Client;
  readonly #taskQueue: string;

  constructor(client: Client, taskQueue: string) {
    this.#client = client;
    this.#taskQueue = taskQueue;
  }

  /** A start is skipped while the job before it runs; after an outage only those of the last `catchupMs` are made up for. */
  async create(scheduleId: string, options: ScheduleOptions): Promise<void> {
    const { job, cron, timezone = 'UTC', catchupMs = 2 * hourMs, jitterMs = 0, paused = false, note } = options;
    await this.#client.schedule.create({
      scheduleId,
      spec: { cronExpressions: [cron], timezone, jitter: jitterMs },
      action: {
        type: 'startWorkflow',
        workflowType: 'processDataset',
        workflowId: scheduleId,
        taskQueue: options.taskQueue ?? this.#taskQueue,
        args: [{ job }],
        staticSummary: jobText({ job }, scheduleId).staticSummary,
      },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: catchupMs },
      state: { paused, ...(note === undefined ? {} : { note }) },
      // The server keeps what it made of the cron line, not the line.
      memo: { nightshift: { job, cron, timezone } },
    });
  }

  async *list(): AsyncGenerator<ListedSchedule> {
    for await (const { scheduleId, memo, state, info, action } of this.#client.schedule.list()) {
      if (action?.workflowType === 'processDataset') yield listedSchedule(scheduleId, memo, state, info);
    }
  }

  async describe(id: string): Promise<DescribedSchedule> {
    const { memo, state, info, spec, policies, action } = await this.#client.schedule.getHandle(id).describe();
    return {
      ...listedSchedule(id, memo, state, info),
      // One that Temporal's own CLI made has no memo of ours.
      timezone: spec.timezone ?? 'UTC',
      taskQueue: action.taskQueue,
      catchupMs: policies.catchupWindow,
      jitterMs: Number(spec.jitter ?? 0),
      skipped: info.numActionsSkippedOverlap,
      missed: info.numActionsMissedCatchupWindow,
      running: info.runningActions.map(({ workflow }) => workflow.workflowId),
      started: info.recentActions.map(({ action: { workflow } }) => workflow.workflowId).toReversed(),
    };
  }

  async pause(id: string, note?: string): Promise<void> {
    await this.#client.schedule.getHandle(id).pause(note);
  }

  async resume(id: string, note?: string): Promise<void> {
    await this.#client.schedule.getHandle(id).unpause(note);
  }

  /** Now, unless the job before it still runs. */
  async trigger(id: string): Promise<void> {
    await this.#client.schedule.getHandle(id).trigger(ScheduleOverlapPolicy.SKIP);
  }

  /** Every start that lay in a span of the past, one after the other. */
  async backfill(id: string, { from, to }: BackfillOptions): Promise<void> {
    const handle = this.#client.schedule.getHandle(id);
    const { spec } = await handle.describe();
    const { start, end } = backfillSpan(from, to, spec.timezone ?? 'UTC');
    // With SKIP only the first of them would run, since the others would meet it.
    await handle.backfill({ start, end, overlap: ScheduleOverlapPolicy.BUFFER_ALL });
  }

  async delete(id: string): Promise<void> {
    await this.#client.schedule.getHandle(id).delete();
  }
}

function listedSchedule(
  id: string,
  memo: Record<string, unknown> | undefined,
  { paused, note }: { readonly paused: boolean; readonly note?: string },
  { nextActionTimes, recentActions }: Pick<ScheduleDescription['info'], 'nextActionTimes' | 'recentActions'>,
): ListedSchedule {
  const own = memo?.nightshift;
  const text = (name: string): string | null => {
    const value: unknown = typeof own === 'object' && own !== null ? Reflect.get(own, name) : null;
    return typeof value === 'string' ? value : null;
  };
  return {
    id,
    paused,
    note: note === undefined || note === '' ? null : note,
    job: text('job'),
    cron: text('cron'),
    timezone: text('timezone'),
    next: paused ? null : (nextActionTimes[0]?.toISOString() ?? null),
    last: recentActions.at(-1)?.takenAt.toISOString() ?? null,
  };
}
