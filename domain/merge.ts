// One row's sendings folded into its one line of results.

import { messageOf } from './classify.ts';
import type { AnswerLine, ItemReason, Json, Lane, Usage } from './outcome.ts';
import { plus } from './outcome.ts';

export interface ResultLine {
  readonly id: string | number;
  readonly row: number;
  readonly status: 'answered' | 'failed';
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

export interface Sent {
  readonly answer: AnswerLine;
  readonly lane: Lane;
  readonly batchId: string | null;
}

/** The first answer counts, else the last failure; what all sendings cost is added up. */
export function resultOf(sent: readonly [Sent, ...Sent[]]): ResultLine {
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
    ...(answered ? {} : { reason, message: answer.message ?? messageOf[reason] }),
    ...(answer.response === undefined ? {} : { response: answer.response }),
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
  return { id, row, status: 'failed', ...nothing, key, customId, reason, message: messageOf[reason] };
}

/** A row that shares another's item: the same answer, for nothing. */
export function sharedResult(original: ResultLine, row: number, id: string | number): ResultLine {
  return { ...original, id, row, costUsd: 0, sameAs: original.row };
}
