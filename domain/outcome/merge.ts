// All attempts at one row, folded into its one line of results.

import { roundUsd } from '../money/cost.ts';
import { messageByReason } from './classify.ts';
import type { AnswerLine, ItemLine, ItemReason, Json, Lane, VendorDetail } from './outcome.ts';
import type { Usage } from './usage.ts';

/** The state of an item at the end of its job. */
export const resultStatuses = ['answered', 'failed'] as const;
export type ResultStatus = (typeof resultStatuses)[number];

export interface ResultLine extends VendorDetail {
  readonly id: string | number;
  readonly row: number;
  readonly status: ResultStatus;
  readonly output: Json;
  readonly usage: Usage | null;
  readonly costUsd: number | null;
  readonly attempts: number;
  readonly lane: Lane | null;
  readonly model: string | null;
  readonly finishReason: string | null;
  readonly batchId: string | null;
  readonly key: string;
  readonly customId: string;
  readonly sameAs?: number;
  readonly reason?: ItemReason;
  readonly message?: string;
  readonly response?: Json;
}

export interface AnsweredAttempt {
  readonly answer: AnswerLine;
  readonly lane: Lane;
  readonly batchId: string | null;
}

/** The first answer decides, or else the last failure. The cost is that of all attempts; it is unknown if it is unknown of one of them. */
export function buildResult(attempts: readonly [AnsweredAttempt, ...AnsweredAttempt[]]): ResultLine {
  const deciding = attempts.find(({ answer }) => answer.kind === 'answered') ?? attempts.at(-1) ?? attempts[0];
  const { answer, lane, batchId } = deciding;
  const answered = answer.kind === 'answered';
  const reason: ItemReason = answer.reason ?? 'provider_error';
  return {
    id: answer.id,
    row: answer.row,
    status: answered ? 'answered' : 'failed',
    output: answer.output ?? null,
    usage: answer.usage,
    costUsd: sumCosts(attempts),
    attempts: attempts.filter(wasSent).length,
    lane: answer.carried === undefined ? lane : answer.carried.lane,
    model: answer.model,
    finishReason: answer.finishReason,
    batchId: answer.carried === undefined ? batchId : answer.carried.batchId,
    key: answer.key,
    customId: answer.customId,
    ...(answered ? {} : { reason, message: answer.message ?? messageByReason[reason] }),
    ...(answered || answer.detail === undefined ? {} : { detail: answer.detail }),
    ...(answer.response === undefined ? {} : { response: answer.response }),
  };
}

/** Reasons of a whole batch that the provider had no room for, whether it said so before or after it gave the batch an id. */
const noRoom: ReadonlySet<ItemReason> = new Set(['oversized', 'capacity']);
/** Reasons of realtime items that were not called; with a cost that is not known, they were. */
const notCalled: ReadonlySet<ItemReason> = new Set(['deadline', 'cancelled', 'budget', 'not_approved']);

/** Whether the provider took the item: in a batch that it made, or in a call. What is in doubt counts as sent. */
function wasSent({ answer, lane, batchId }: AnsweredAttempt): boolean {
  if (answer.carried !== undefined) return false;
  if (answer.kind === 'answered' || answer.reason === undefined || answer.costUsd !== 0) return true;
  return lane === 'batch' ? batchId !== null && !noRoom.has(answer.reason) : !notCalled.has(answer.reason);
}

function sumCosts(attempts: readonly AnsweredAttempt[]): number | null {
  let sum = 0;
  for (const { answer } of attempts) {
    if (answer.costUsd === null) return null;
    sum += answer.costUsd;
  }
  // A single cost is as its answer has it.
  return attempts.length === 1 ? sum : roundUsd(sum);
}

/** The part of a result that the job's sums need. */
export type ResultFacts = Pick<ResultLine, 'row' | 'status' | 'costUsd' | 'attempts' | 'reason'> &
  Partial<Pick<ResultLine, 'batchId'>>;

// Bounded, since each repetition takes stack.
const text = String.raw`"(?:[^"\\]|\\.){0,1000}"`;
// The line as `classify` writes it. The output may be any JSON. It ends where the last usage begins, since quotes in texts are escaped.
const answeredLine = new RegExp(
  String.raw`^\{"row":(\d+),"id":(-?[\d.e+-]+|${text})(,"key":"\w+","customId":"\w+"),"kind":"answered"` +
    String.raw`(,"output":[^]*,"usage":(?:null|\{[^{}]*\}),"costUsd":(null|[\d.e+-]+)),"finishReason":(null|${text}),"model":(null|${text})\}$`,
);

/** A result as its line of the results file. */
export interface WrittenResult {
  readonly facts: ResultFacts;
  readonly line: string;
}

export const formatResult = (result: ResultLine): WrittenResult => ({ facts: result, line: JSON.stringify(result) });

/**
 * For the usual row, which its only attempt answered: the same line as `buildResult` gives, put together as text, which takes a fraction of
 * the time. Null for any other line.
 */
export function joinFirstAnswer(answer: string, lane: Lane, batchId: string | null): WrittenResult | null {
  const match = answeredLine.exec(answer);
  if (match === null) return null;
  const [, row, id, names, paid, costUsd, finishReason, model] = match;
  const from = `"attempts":1,"lane":"${lane}","model":${model},"finishReason":${finishReason},"batchId":${JSON.stringify(batchId)}`;
  return {
    facts: { row: Number(row), status: 'answered', costUsd: costUsd === 'null' ? null : Number(costUsd), attempts: 1 },
    line: `{"id":${id},"row":${row},"status":"answered"${paid},${from}${names}}`,
  };
}

/** For an item that may have been sent, and of which nothing more is known. */
export const makeDoubtful = (item: ItemLine): AnswerLine => ({
  ...item,
  kind: 'rejected',
  reason: 'in_doubt',
  usage: null,
  costUsd: null,
  finishReason: null,
  model: null,
});

/** For an item that was planned and never sent. */
export function buildUnsentResult({ row, id, key, customId }: ItemLine, reason: ItemReason): ResultLine {
  const nothing = {
    output: null,
    usage: null,
    costUsd: 0,
    attempts: 0,
    lane: null,
    model: null,
    finishReason: null,
    batchId: null,
  };
  return { id, row, status: 'failed', ...nothing, key, customId, reason, message: messageByReason[reason] };
}

/** For a row that shares another row's item: the same answer, at no cost. */
export function shareResult(original: ResultLine, row: number, id: string | number): ResultLine {
  return { ...original, id, row, costUsd: 0, sameAs: original.row };
}
