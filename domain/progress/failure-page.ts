// The current details of a failed job in the Web UI, as markdown: why it failed and what to do.

import { type RefusalKind, refusalKinds } from '../refusal.ts';
import { joinDetails } from './markdown.ts';

const remedies: Readonly<Record<RefusalKind, string>> = {
  invalid_job: 'Correct the job file, then start the job again.',
  unknown_provider: 'Correct `provider`, or start a worker that knows it, then start the job again.',
  unknown_model: 'Correct `model`: the provider does not know it. Then start the job again.',
  no_api_key: "Give the worker the provider's key, then start the job again.",
  no_bucket: 'Give the account a bucket that the worker may use, then start the job again.',
  output_claimed:
    'Another job owns the output folder: give this one another `output`, or continue the other with `resumeFrom`.',
  output_not_empty: 'Choose another `output`, or move the files away, then start the job again.',
  dataset_missing:
    'Correct `dataset`, which is resolved under the data folder of the worker, then start the job again.',
  dataset_unreadable: 'Correct the dataset, then start the job again.',
  dataset_empty: 'Give a dataset with at least one row, then start the job again.',
  dataset_changed: 'The dataset changed after it was planned: restore it, or start a job with another `output`.',
  too_many_rejects:
    'Correct the refused rows (`rejects.jsonl` lists them) or raise `maxRejectRate`, then start the job again.',
  nothing_to_resume: 'Correct `resumeFrom`: it names the output folder of a job that did not finish.',
  still_running: 'The job that `resumeFrom` names still runs: wait for its end or terminate it first.',
  taken_over: 'Another job has continued this one with `resumeFrom`: watch that job.',
};

const unknownRemedy = "The workflow's history shows the activity that failed, and why.";

/** The Web UI fetches the details in a URL, which must not grow too long. */
const shownMax = 20;

export interface JobFailure {
  readonly state: 'failed' | 'cancelled';
  /** The type of the workflow's failure; null if it has none. */
  readonly kind: string | null;
  /** The messages of refusals name fields, files and numbers, never a row or an answer. */
  readonly message: string;
  /** Null if the job was not opened. */
  readonly output: string | null;
}

export function renderFailurePage({ state, kind, message, output }: JobFailure, now: number): string {
  const refusal = refusalKinds.find((known) => known === kind);
  const parts = [
    `**${state}**${refusal === undefined ? '' : ` · ${refusal}`}`,
    listProblems(message),
    state === 'cancelled' ? '' : refusal === undefined ? unknownRemedy : remedies[refusal],
    output === null ? '' : `Output: \`${output}\``,
  ];
  return joinDetails(parts, now);
}

function listProblems(message: string): string {
  const lines = message.split('\n');
  const more = lines.length > shownMax ? [`and ${lines.length - shownMax} more`] : [];
  return [...lines.slice(0, shownMax), ...more].map((line) => `- ${line}`).join('\n');
}
