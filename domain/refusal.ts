// Errors whose messages may be shown anywhere: this code writes them, and they quote field names, numbers and uris, never a row, an answer
// or a key.

/** Why a job cannot run, however often it is retried. The workflow fails with one of these as its type. */
export const refusalKinds = [
  'invalid_job',
  'unknown_provider',
  'unknown_model',
  'no_api_key',
  'no_bucket',
  'output_claimed',
  'output_not_empty',
  'dataset_missing',
  'dataset_unreadable',
  'dataset_empty',
  'dataset_changed',
  'too_many_rejects',
  'nothing_to_resume',
  'still_running',
  'taken_over',
] as const;
export type RefusalKind = (typeof refusalKinds)[number];

export interface Problem {
  /** The field or file, e.g. `batch.maxItems`; may be empty. */
  readonly where: string;
  readonly message: string;
}

/** The job is wrong, and a retry cannot help. Lists all problems together. */
export class JobRefused extends Error {
  override readonly name = 'JobRefused';
  readonly kind: RefusalKind;
  readonly problems: readonly Problem[];

  constructor(kind: RefusalKind, problems: readonly Problem[]) {
    super(problems.map(({ where, message }) => (where === '' ? message : `${where}: ${message}`)).join('\n'));
    this.kind = kind;
    this.problems = problems;
  }
}

/**
 * An invariant does not hold: a bug, or somebody changed the files. The message says which values disagree. Retried, so a fix lets the job
 * continue.
 */
export class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken';
}
