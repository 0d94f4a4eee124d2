// Next steps for a person after a finished job, the most urgent first: a pure function of the report.

import { type Counts, type ItemReason, type Json, sumCounts } from '../outcome/outcome.ts';
import { formatDollars } from '../progress/markdown.ts';
import type { JobReport } from './report.ts';

export interface Advice {
  /**
   * `look`: check something before anything is sent again. `change`: change something, or the same happens again. `rerun`: start a job for the
   * rows without an answer. `done`: nothing is left to do.
   */
  readonly kind: 'look' | 'change' | 'rerun' | 'done';
  readonly title: string;
  readonly text: string;
  /** Fields for the next job's file. */
  readonly job?: Json;
}

interface Change {
  readonly reasons: readonly ItemReason[];
  readonly title: string;
  readonly text: string;
}

/** Changes outside the request. The requests stay the same, so `reuse` carries the answers over. */
const outsideRequest: readonly Change[] = [
  {
    reasons: ['unauthorized'],
    title: 'Fix the key',
    text: 'The provider refused the key while the job ran. Look at the key in the worker’s environment and at what it may do, then restart the worker.',
  },
  {
    reasons: ['no_money'],
    title: 'Add credit, or raise the spend limit',
    text: 'The account had no credit left. Nothing will be answered until that is fixed.',
  },
  {
    reasons: ['budget'],
    title: 'Raise the budget',
    text: 'The job stopped spending at its own cap. Raise budget.usd, or fallback.maxUsd where only the fallback was too dear.',
  },
  {
    reasons: ['expired', 'deadline', 'capacity'],
    title: 'More time, or smaller batches',
    text: 'These rows did not run before the provider’s window or the deadline closed. A smaller batch.maxItems makes batches that end sooner, a later deadline.batch waits longer, and deadline.then: "fallback" asks for the rest immediately, at the realtime price.',
  },
];

/** Changes to the request. It becomes another request, so `reuse` carries over nothing. */
const insideRequest: readonly Change[] = [
  {
    reasons: ['truncated'],
    title: 'Allow longer answers',
    text: 'Answers were cut at the token limit, and cut again when asked a second time. Raise the request’s limit (max_completion_tokens, max_output_tokens, max_tokens or prompt.maxTokens), or ask for less.',
  },
  {
    reasons: ['bad_request', 'not_found', 'too_large'],
    title: 'Fix the template or the rows',
    text: 'The provider refused these requests as they are: sent again they would be refused again. failures.jsonl holds their rows, each with its reason.',
  },
  {
    reasons: ['invalid_output', 'empty_output'],
    title: 'Ask for the form more plainly',
    text: 'Answers were empty or did not satisfy the schema, twice. Use prompt.schema, which the provider enforces, loosen the schema, or take a stronger model.',
  },
  {
    reasons: ['refused', 'filtered', 'paused_turn'],
    title: 'Read what was refused',
    text: 'The model or the provider’s filter withheld these answers, twice. Reword the template, or take these rows to another model.',
  },
];

export function buildAdvice(report: JobReport): readonly Advice[] {
  const { errorsByReason } = report;
  const advice = [
    ...adviseOnDoubt(report),
    ...[...outsideRequest, ...insideRequest].flatMap((change) => adviseChange(change, errorsByReason)),
    ...adviseRerun(report),
    ...adviseOnRefusedRows(report),
    ...listNotices(report),
  ];
  if (advice.length > 0) return advice;
  return [{ kind: 'done', title: 'Nothing', text: 'Every row has its answer. results.jsonl is ready to be used.' }];
}

const rows = (count: number): string => (count === 1 ? '1 row' : `${count.toLocaleString('en-US')} rows`);

function adviseOnDoubt({ errorsByReason, anomalies, files }: JobReport): Advice[] {
  const doubted = errorsByReason.in_doubt ?? 0;
  const calls = anomalies.inDoubtCalls;
  const [was, them] = doubted === 1 ? ['it was', 'it'] : ['they were', 'them'];
  const unknown: Advice = {
    kind: 'look',
    title: `Look at the batches in doubt (${rows(doubted)})`,
    text: `It is not known whether the provider ran ${rows(doubted)}, so ${was} not sent again. in-doubt.jsonl holds ${them}, with the ids of batch and request: look ${them} up in the provider’s console. A job with reuse does not send ${them} either. To send ${them} anyway, give the file to a job as its dataset, without reuse: what did run is then paid twice.`,
    job: { dataset: files.inDoubt, output: `${nameFolder(files)}-in-doubt/` },
  };
  const twice: Advice = {
    kind: 'look',
    title: 'Expect some calls to be billed twice',
    text: `${calls.toLocaleString('en-US')} realtime ${calls === 1 ? 'call' : 'calls'} had no reply, or ${calls === 1 ? 'was' : 'were'} in flight when a worker died, and ${calls === 1 ? 'was' : 'were'} sent again. The cost shown counts one of each.`,
  };
  return [...(doubted > 0 ? [unknown] : []), ...(calls > 0 ? [twice] : [])];
}

/** The job's folder, without the slash at its end. */
const nameFolder = ({ results }: JobReport['files']): string => results.replace(/\/?[^/]*$/, '');

const countAll = (reasons: readonly ItemReason[], counts: Counts): number =>
  reasons.reduce((sum, reason) => sum + (counts[reason] ?? 0), 0);

function adviseChange({ reasons, title, text }: Change, errorsByReason: Counts): Advice[] {
  const count = countAll(reasons, errorsByReason);
  return count === 0 ? [] : [{ kind: 'change', title: `${title} (${rows(count)})`, text }];
}

/** A job with the same request and `reuse`; and a job with a changed request for only the failed rows. */
function adviseRerun({ errorsByReason, files, cancelled, rows: { failed } }: JobReport): Advice[] {
  const other = countAll(
    insideRequest.flatMap(({ reasons }) => reasons),
    errorsByReason,
  );
  // Neither of the two jobs sends items in doubt.
  const doubted = errorsByReason.in_doubt ?? 0;
  const same = sumCounts(errorsByReason) - other - doubted;
  const folder = nameFolder(files);
  const why = cancelled ? 'The job was cancelled; the' : 'The';
  const reuse: Advice = {
    kind: 'rerun',
    title: `Ask again for what may pass (${rows(same)})`,
    text: `${why} same job with a new output and reuse sends only what failed: the answered rows are carried over, not paid again, and the new results.jsonl is whole.`,
    job: { output: `${folder}-again/`, reuse: files.results },
  };
  const alone: Advice = {
    kind: 'rerun',
    title: `Send the failed rows with a fixed request (${rows(failed - doubted)})`,
    text: 'A changed template makes every request a new one, so reuse would carry nothing over. failures.jsonl is a dataset by itself: each failed row as it was given, with its reason under nightshift.',
    job: { dataset: files.failures, output: `${folder}-fixed/` },
  };
  return [...(same > 0 ? [reuse] : []), ...(other > 0 ? [alone] : [])];
}

function adviseOnRefusedRows({ rows: { refused } }: JobReport): Advice[] {
  if (refused === 0) return [];
  return [
    {
      kind: 'change',
      title: `Fix the rows that were refused (${rows(refused)})`,
      text: 'They never became requests and cost nothing. rejects.jsonl names the line and the reason of each.',
    },
  ];
}

/** If tokens are known and no cost is, the price is missing; otherwise the usage is. */
function adviseOnCost({ cost, quality, tokens }: JobReport): Advice | false {
  const { usd, unpricedRows = 0, unpricedUsd = null } = cost;
  const isUsageMissing = unpricedRows > 0 && tokens.input === null;
  if (usd === null && quality.answers > 0 && !isUsageMissing) {
    return {
      kind: 'change',
      title: 'Give the worker prices for this model',
      text: 'The cost is unknown, since no price is known for the model, so budgets could not hold either. A price file is named by NIGHTSHIFT_PRICES.',
    };
  }
  if (unpricedRows === 0) return false;
  const estimate = unpricedUsd === null ? '' : ` A budget was charged their estimate, ${formatDollars(unpricedUsd)}.`;
  return {
    kind: 'look',
    title: `Compare the provider’s bill for what has no known cost (${rows(unpricedRows)})`,
    text: `The cost shown lacks ${rows(unpricedRows)}: an answer came without its usage, or it is not known whether the provider ran the request or what it answered. Their costUsd is null in results.jsonl.${estimate}`,
  };
}

function listNotices(report: JobReport): Advice[] {
  const { quality, anomalies, errorsByReason } = report;
  const cut = quality.flawed.truncated ?? 0;
  const notices: (Advice | false)[] = [
    adviseOnCost(report),
    cut > 0 &&
      errorsByReason.truncated === undefined && {
        kind: 'change',
        title: 'Allow longer answers to save money',
        text: `${cut.toLocaleString('en-US')} ${cut === 1 ? 'answer was' : 'answers were'} cut at the token limit and asked for a second time: each was paid twice.`,
      },
    anomalies.twinBatches > 0 && {
      kind: 'look',
      title: 'Compare the provider’s bill',
      text: `${anomalies.twinBatches.toLocaleString('en-US')} further ${anomalies.twinBatches === 1 ? 'batch was' : 'batches were'} found for the same submission and cancelled. What ran of them before that is on the bill and not in this report.`,
    },
  ];
  return notices.filter((notice) => notice !== false);
}
