// What holds a job, or ended it: one sentence each, with what to do.

import type { JobStatus } from '../../../../../domain/progress/status.ts';
import type { JobOverview } from '../../../../overview/read-overview.ts';
import { count, cut, explainPause } from '../words.ts';

/** A provider may write a whole page into an error. */
const textMax = 2000;

export function listHolds(overview: JobOverview, status: JobStatus | null): readonly string[] {
  const { state, error, silence, blocked, failingCall } = overview;
  const isRunning = state === 'running';
  const { pauses = [], capacity = [] } = (isRunning && (status ?? overview)) || {};
  const holds = [
    error,
    isRunning ? silence : null,
    blocked,
    failingCall && `A call fails, and is made again (attempt ${failingCall.attempts}): ${failingCall.fault}`,
    ...pauses.map(({ reason, note }) => `Paused: ${explainPause(reason, note)}`),
    ...capacity.map(
      ({ model, waiting, reason }) =>
        `${count(waiting)} batches of ${model} wait: ${reason ?? 'the provider has no room'}`,
    ),
  ];
  return holds.filter((hold) => hold !== null).map((hold) => cut(hold, textMax));
}
