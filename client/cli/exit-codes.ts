// The exit codes of the commands, for scripts.

import type { ListedJob } from '../index.ts';

export const exitCodes = {
  /** Done; the job of `run`, `watch` or `status` is complete, or, for `status`, still runs. */
  ok: 0,
  /** The command failed: no server, no such job, a refused update, a wrong job file, a bad finding of `doctor`. */
  failed: 1,
  /** Wrong usage: an unknown command or option, or an impossible value. */
  usage: 2,
  /** The job ended with failed rows: `failures.jsonl` and `in-doubt.jsonl` have them. */
  partial: 3,
  /** The job failed as a whole, or was terminated. */
  jobFailed: 4,
  /** The job was cancelled; what was finished is in its output. */
  cancelled: 5,
  /** Ctrl-C, by the convention of shells; a followed job continues. */
  interrupted: 130,
} as const;

/** Of a job, as Temporal knows it. */
export function chooseExitCode({ state, failed }: Pick<ListedJob, 'state' | 'failed'>): number {
  if (state === 'completed') return (failed ?? 0) === 0 ? exitCodes.ok : exitCodes.partial;
  if (state === 'cancelled') return exitCodes.cancelled;
  return state === 'failed' || state === 'terminated' || state === 'timed_out' ? exitCodes.jobFailed : exitCodes.ok;
}

export const exitCodesHelp = `
Exit codes: 0 done, 1 the command failed, 2 wrong usage, 3 the job ended with failed rows, 4 the job failed,
5 the job was cancelled, 130 Ctrl-C. 3 to 5 are those of run, watch and status.

Tables on a terminal, JSON lines in a pipe; --json and --table choose one with every command.

The connection to Temporal uses its own variables and profiles: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_PROFILE, …
Without them, the dev stack of this folder is used (npm run dev), else localhost:7233.
NIGHTSHIFT_TASK_QUEUE (default nightshift) and NIGHTSHIFT_DATA (default the current folder) mean the same as for the workers.`;
