// Errors whose words are ours and therefore safe to show: they quote field names, numbers and uris, never a row, an answer or a key.

/** Why a job cannot go on, whatever is retried: the workflow fails with it. */
export const refusalKinds = [
  'invalid_job',
  'unknown_provider',
  'unknown_model',
  'no_api_key',
  'output_claimed',
  'dataset_missing',
  'dataset_unreadable',
  'dataset_empty',
  'dataset_changed',
  'too_many_rejects',
  'nothing_to_resume',
  'still_running',
] as const;
export type RefusalKind = (typeof refusalKinds)[number];

export interface Problem {
  /** The field or file meant, e.g. `batch.maxItems`. */
  readonly where: string;
  readonly message: string;
}

/** The job is wrong: no retry can help. Every problem is listed at once. */
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

/** Something that cannot be is: a bug, or files changed behind our back. Says which numbers do not agree. */
export class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken';
}
