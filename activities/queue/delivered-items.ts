// Reads the items of a delivery, each with its id.

import type { RowId } from '../../domain/ids.ts';
import { rowBytesMax } from '../../domain/limits.ts';
import { hasTemplate, type QueueSpec } from '../../input/queue/resolve.ts';
import type { RowRecord } from '../../storage/formats/jsonl-record.ts';
import { lineChunks } from '../../storage/lines/json-lines.ts';
import { type Store, StoreError } from '../../storage/store.ts';
import { type ActivityDeps, requireKnownProvider } from '../deps.ts';

export interface DeliveredItem {
  readonly id: RowId;
  /** Valid until the next item is read. */
  readonly line: Buffer;
}

type ReadId = (record: RowRecord, line: Buffer) => RowId;

/**
 * Reads the id as planning does, because each vendor has another name for it in its request lines. The intake has checked that there is one. If
 * the queue was opened again with another job, an item may have none any more: its line tells it apart, and its flush refuses it.
 */
export function idReader(deps: Pick<ActivityDeps, 'provider'>, { job }: Pick<QueueSpec, 'job'>): ReadId {
  if (hasTemplate({ job })) return ({ id }, line) => (isId(id) ? id : line.toString());
  const [name, account] = [String(job.provider), typeof job.account === 'string' ? job.account : undefined];
  const provider = requireKnownProvider(deps, { provider: name, ...(account === undefined ? {} : { account }) });
  return (record, line) => {
    const read = provider.parseRequestLine(record, line);
    return read.kind === 'request' && isId(read.id) ? read.id : line.toString();
  };
}

const isId = (value: unknown): value is RowId => typeof value === 'string' || typeof value === 'number';

/**
 * A delivery that is not there was flushed already, and has no items for this flush: if it is there after all, the next list of the folder has
 * it.
 */
export async function* readDelivery(
  store: Store,
  uri: string,
  readId: ReadId,
  signal: AbortSignal,
): AsyncGenerator<DeliveredItem> {
  try {
    for await (const lines of lineChunks(store.read(uri, { signal }), { lineBytesMax: rowBytesMax })) {
      for (const { bytes } of lines) {
        if (bytes === null || bytes.length === 0) continue;
        const record: RowRecord = JSON.parse(bytes.toString());
        yield { id: readId(record, bytes), line: bytes };
      }
    }
  } catch (error) {
    if (!(error instanceof StoreError) || error.problem !== 'missing') throw error;
  }
}
