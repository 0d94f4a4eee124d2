// Reads the items of a delivery, each with its id.

import type { RowId } from '../../domain/ids.ts';
import { rowBytesMax } from '../../domain/limits.ts';
import { findIdColumn, type QueueSpec } from '../../input/queue/resolve.ts';
import { deliveryFile } from '../../queue-folder/paths.ts';
import type { RowRecord } from '../../storage/formats/jsonl-record.ts';
import { lineChunks } from '../../storage/lines/json-lines.ts';
import { type Store, StoreError } from '../../storage/store.ts';

export interface DeliveredItem {
  /** The intake has checked that there is one. */
  readonly id: RowId;
  /** Valid until the next item is read. */
  readonly line: Buffer;
}

/**
 * A delivery that is not there was flushed already, and has no items for this flush: if it is there after all, the next list of the folder has
 * it.
 */
export async function* readDelivery(
  store: Store,
  spec: QueueSpec,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<DeliveredItem> {
  try {
    const column = findIdColumn(spec);
    const source = store.read(deliveryFile(spec.output, name), { signal });
    for await (const lines of lineChunks(source, { lineBytesMax: rowBytesMax })) {
      for (const { bytes } of lines) {
        if (bytes === null || bytes.length === 0) continue;
        const record: RowRecord = JSON.parse(bytes.toString());
        yield { id: record[column] as RowId, line: bytes };
      }
    }
  } catch (error) {
    if (!(error instanceof StoreError) || error.problem !== 'missing') throw error;
  }
}
