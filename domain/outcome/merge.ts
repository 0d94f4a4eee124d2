// One row's sendings folded into its one line of results.

import { messageByReason } from './classify.ts';
import type { AnswerLine, ItemReason, Json, Lane, Usage } from './outcome.ts';
import { plus } from './outcome.ts';

/** The state of an item at the end of its job. */
export const resultStatuses = ['answered', 'failed'] as const;
export type ResultStatus = (typeof resultStatuses)[number];

export interface ResultLine {
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

/** The first answer counts, else the last failure; what all sendings cost is added up. */
export function buildResult(sent: readonly [AnsweredAttempt, ...AnsweredAttempt[]]): ResultLine {
  const deciding = sent.find(({ answer }) => answer.kind === 'answered') ?? sent.at(-1) ?? sent[0];
  const { answer, lane, batchId } = deciding;
  const answered = answer.kind === 'answered';
  const reason: ItemReason = answer.reason ?? 'provider_error';
  return {
    id: answer.id,
    row: answer.row,
    status: answered ? 'answered' : 'failed',
    output: answer.output ?? null,
    usage: answer.usage,
    costUsd: sent.reduce<number | null>((sum, each) => plus(sum, each.answer.costUsd), null),
    attempts: answer.carried === undefined ? sent.length : 0,
    lane: answer.carried?.lane ?? lane,
    model: answer.model,
    finishReason: answer.finishReason,
    batchId: answer.carried?.batchId ?? batchId,
    key: answer.key,
    customId: answer.customId,
    ...(answered ? {} : { reason, message: answer.message ?? messageByReason[reason] }),
    ...(answer.response === undefined ? {} : { response: answer.response }),
  };
}

/** What a result counts for. */
export interface ResultFacts {
  readonly row: number;
  readonly status: ResultLine['status'];
  readonly costUsd: number | null;
  readonly attempts: number;
  readonly reason?: ItemReason;
}

// Bounded: an expression's repetitions take stack.
const text = String.raw`"(?:[^"\\]|\\.){0,1000}"`;
// As classify writes it. The output may be any JSON: it ends where the last usage begins, since quotes inside of texts are escaped.
const answeredLine = new RegExp(
  String.raw`^\{"row":(\d+),"id":(-?[\d.e+-]+|${text})(,"key":"\w+","customId":"\w+"),"kind":"answered"` +
    String.raw`(,"output":[^]*,"usage":(?:null|\{[^{}]*\}),"costUsd":(null|[\d.e+-]+)),"finishReason":(null|${text}),"model":(null|${text})\}$`,
);

/** A result, and its line of the results file. */
export interface WrittenResult {
  readonly facts: ResultFacts;
  readonly line: string;
}

export const written = (result: ResultLine): WrittenResult => ({ facts: result, line: JSON.stringify(result) });

/** The usual row, answered by its only sending: what `resultOf` would say, put together as text. Null where the line is any other. */
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

/** An item that was planned and never sent. */
export function unsent(item: Pick<AnswerLine, 'row' | 'id' | 'key' | 'customId'>, reason: ItemReason): ResultLine {
  const { row, id, key, customId } = item;
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

/** A row that shares another's item: the same answer, for nothing. */
export function sharedResult(original: ResultLine, row: number, id: string | number): ResultLine {
  return { ...original, id, row, costUsd: 0, sameAs: original.row };
}
