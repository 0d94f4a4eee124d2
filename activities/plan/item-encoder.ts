// Turns an item into one line of a requests file, and gives the line's size and the most tokens it may take.

import { customId, itemKey } from '../../domain/ids.ts';
import { estimatedTokens } from '../../domain/money/cost.ts';
import type { EncodedItem, PlannedItem } from '../../job-folder/plan/batch-files.ts';
import type { Provider } from '../../providers/provider.ts';

export interface ItemEncoder {
  /** `prefix` names the batch; the length of a line does not depend on it. */
  encode(item: PlannedItem, prefix: string): EncodedItem;
}

/** To measure an item that has no batch yet: any prefix will do. */
export const noPrefix = '00000000';

export function createItemEncoder(provider: Provider): ItemEncoder {
  const anyId = customId(noPrefix, itemKey('0'.repeat(24)));
  let endpoint = '';
  let aroundBytes = 0;
  const bytesAround = (name: string): number => {
    if (name !== endpoint) {
      endpoint = name;
      aroundBytes = Buffer.byteLength(provider.encode(anyId, '', name)) + 1;
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
        outputTokens: item.outputTokens,
      };
    },
  };
}
