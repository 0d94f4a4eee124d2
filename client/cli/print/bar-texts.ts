// The texts to the right of the bars of a followed job.

import { formatDuration } from '../../../domain/duration.ts';
import type { JobStatus } from '../../../domain/progress/status.ts';
import { describePaid, number, usd } from '../print-job.ts';

/** Nearer than this, a time has come: a duration below a second says nothing to a person. */
const nowMs = 1000;

/** Rows that the provider has finished in a batch that still runs are counted as it counts them. */
export function describeRows({ rows, items, progress }: JobStatus): string {
  const accepted = rows.accepted + rows.duplicates + rows.carriedOver;
  const atProvider = Math.round(progress * accepted) - items.answered - items.failed;
  return [
    `${number(items.answered)} of ${number(accepted)} answered`,
    ...(atProvider > 0 ? [`${number(atProvider)} done at the provider`] : []),
    ...(items.failed > 0 ? [`${number(items.failed)} failed`] : []),
  ].join(', ');
}

export function describeBatches({ batches, nextLookAt, phase }: JobStatus, now: number): string {
  const states = Object.entries(batches.byStage).filter(([state]) => state !== 'done');
  const parts = [
    ...(phase === 'running' ? [] : [phase.replace('_', ' ')]),
    ...states.map(([state, count]) => `${number(count)} ${state}`),
    ...(batches.notStarted > 0 ? [`${number(batches.notStarted)} not started`] : []),
    ...(nextLookAt === null ? [] : [describePoll(nextLookAt - now)]),
  ];
  return parts.length === 0 ? `${number(batches.done)} done` : parts.join(', ');
}

const describePoll = (inMs: number): string =>
  inMs < nowMs ? 'next poll now' : `next poll in ${formatDuration(inMs)}`;

/** `whole` is the budget or, without one, the plan's estimate. */
export const describeCostOf = (status: JobStatus, whole: number): string =>
  `${describePaid(status)} of ${usd(whole)} ${status.budgetUsd === null ? 'estimated' : 'budget'}`;

export function describeTime({ startedAt, estimatedEndAt }: JobStatus, now: number): string {
  const elapsed = `${formatDuration(Math.max(nowMs, now - startedAt))} elapsed`;
  if (estimatedEndAt === null) return elapsed;
  const inMs = estimatedEndAt - now;
  return `${elapsed}, ${inMs < nowMs ? 'ends soon' : `ends in about ${formatDuration(inMs)}`}`;
}
