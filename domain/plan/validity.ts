// What a worker found out about a job that it did not refuse: what becomes of the first rows.

export interface Validity {
  /** The first rows of the dataset, at most a hundred: they were rendered as a run would. */
  readonly rows: number;
  readonly refused: number;
  /** Whether these are all rows. */
  readonly isWhole: boolean;
  /** More of them are refused than `maxRejectRate` allows. If it were all rows, the job would have been refused. */
  readonly isOverRate: boolean;
  /** The first refusals, each with its line and its reason. */
  readonly refusals: readonly string[];
  /** What is done in another way than the job says. */
  readonly warnings: readonly string[];
}
