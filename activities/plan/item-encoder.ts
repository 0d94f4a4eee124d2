// Turns an item into one line of a requests file and says how large it is and what it may cost.

import { type CustomId, customId, type ItemKey, itemKey, type RowId } from '../../domain/ids.ts';
import { assumedOutputTokens, costUsd, estimatedTokens, type ModelPrice } from '../../domain/money/cost.ts';
import { type Lane, noUsage } from '../../domain/outcome/outcome.ts';
import type { Provider } from '../../providers/provider.ts';

/** An item on its way into a plan. */
export interface PlannedItem {
  readonly row: number;
  readonly id: RowId;
  readonly key: ItemKey;
  readonly model: string;
  readonly endpoint: string;
  /** The body as JSON text, to be encoded; or an existing request line without its newline, to be relabelled. */
  readonly request: string | Buffer;
  /** Null where the request names no bound of its own. */
  readonly outputTokens: number | null;
  /** Absent: the lane is decided by how many items there are. */
  readonly lane?: Lane | undefined;
  /** How many of its earlier attempts were answered without use. */
  readonly flawedAttempts?: number | undefined;
}

export interface EncodedItem {
  readonly customId: CustomId;
  readonly line: string | Buffer;
  /** With its newline. */
  readonly bytes: number;
  /** Estimated from the body's size. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface ItemEncoder {
  /** `prefix` names the batch; a line is as long under any prefix. */
  encode(item: PlannedItem, prefix: string): EncodedItem;
}

/** Any prefix, for measuring an item that has no batch yet. */
export const noPrefix = '00000000';

export function createItemEncoder(provider: Provider): ItemEncoder {
  const nobody = customId(noPrefix, itemKey('0'.repeat(24)));
  let endpoint = '';
  let aroundBytes = 0;
  const bytesAround = (name: string): number => {
    if (name !== endpoint) {
      endpoint = name;
      aroundBytes = Buffer.byteLength(provider.encode(nobody, '', name)) + 1;
    }
    return aroundBytes;
  };
  return {
    encode(item, prefix) {
      const id = customId(prefix, item.key);
      const { request } = item;
      const line =
        typeof request === 'string' ? provider.encode(id, request, item.endpoint) : provider.relabel(request, id);
      const bytes = Buffer.byteLength(line) + 1;
      return {
        customId: id,
        line,
        bytes,
        inputTokens: estimatedTokens(Math.max(0, bytes - bytesAround(item.endpoint))),
        outputTokens: item.outputTokens ?? assumedOutputTokens,
      };
    },
  };
}

/** The estimate of one item in a lane; null where there is no price. */
export function itemUsd(encoded: EncodedItem, lane: Lane, price: ModelPrice | undefined): number | null {
  return costUsd({ ...noUsage, input: encoded.inputTokens, output: encoded.outputTokens }, lane, price);
}

/** Sums of binary fractions, without their dust: to a billionth of a dollar. */
export function roundedUsd(usd: number): number {
  return Math.round(usd * 1e9) / 1e9;
}
