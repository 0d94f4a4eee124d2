// The exit codes of the commands, for scripts.

export const exitCodes = {
  /** Done; a followed job is complete. */
  ok: 0,
  /** The command failed: no server, no such job, a refused update, a wrong job file, a bad finding of `doctor`. */
  failed: 1,
  /** Wrong usage: an unknown command or option, or an impossible value. */
  usage: 2,
  /** A followed job ended with failed rows: `failures.jsonl` and `in-doubt.jsonl` have them. */
  partial: 3,
  /** A followed job failed as a whole, or was terminated. */
  jobFailed: 4,
  /** A followed job was cancelled; what was finished is in its output. */
  cancelled: 5,
  /** Ctrl-C, by the convention of shells; a followed job continues. */
  interrupted: 130,
} as const;

export const exitCodesHelp = `
Exit codes: 0 done, 1 the command failed, 2 wrong usage, 3 the job ended with failed rows, 4 the job failed,
5 the job was cancelled, 130 Ctrl-C.

Tables on a terminal, JSON lines in a pipe.

The connection to Temporal uses its own variables and profiles: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_PROFILE, …
NIGHTSHIFT_TASK_QUEUE (default nightshift) and NIGHTSHIFT_DATA (default the current folder) mean the same as for the workers.`;
