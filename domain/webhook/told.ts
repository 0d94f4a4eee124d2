// What a job has told its receiver, and how long batches wait to share a message.

export interface Told {
  /** The time in the id of the last message. */
  readonly at: number;
  /** Whether the last message about a pause said that it began. */
  readonly paused: boolean;
  /** How many batches of the job's log are in messages. */
  readonly collected: number;
}

export const nothingTold: Told = { at: 0, paused: false, collected: 0 };

const waitMinMs = 5_000;
const waitMaxMs = 10 * 60_000;
const waitShare = 0.05;

/**
 * A message about batches waits for so long after the first of them. The wait grows with the age of the job, so a job makes at most 243
 * of these messages in its first day and 144 in each further one, however many batches it has.
 */
export const computeGatherMs = (jobAgeMs: number): number =>
  Math.min(waitMaxMs, Math.max(waitMinMs, waitShare * jobAgeMs));

/** Keeps a message under 10 KB: it is written to the history of its delivery at each attempt. */
export const batchesPerMessage = 100;
