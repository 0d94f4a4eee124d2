// Reads the items of deliveries, each with its id.

import { cancellationSignal } from '@temporalio/activity';
import type { RowId } from '../../domain/ids.ts';
import { rowBytesMax } from '../../domain/limits.ts';
import { type Delivery, sumDeliveries } from '../../domain/queue/delivery.ts';
import { hasTemplate, type QueueSpec } from '../../input/queue/resolve.ts';
import { deliveryFile } from '../../queue-folder/paths.ts';
import type { RowRecord } from '../../storage/formats/jsonl-record.ts';
import { lineChunks } from '../../storage/lines/json-lines.ts';
import { isMissing, type Store } from '../../storage/store.ts';
import { type ActivityDeps, requireKnownProvider } from '../deps.ts';

export interface DeliveredItem {
  readonly delivery: Delivery;
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

/** Small deliveries are read side by side, because a remote store takes a while for each. */
const sideBySideMax = 32;
const sideBySideBytesMax = 4 * 1024 * 1024;

/**
 * A delivery that is not there was flushed already, and has no items for this flush: if it is there after all, the next list of the folder has
 * it.
 */
export async function* readDeliveries(
  store: Store,
  output: string,
  deliveries: readonly Delivery[],
  readId: ReadId,
): AsyncGenerator<DeliveredItem> {
  const signal = cancellationSignal();
  for (const group of groupDeliveries(deliveries)) {
    const read = ({ name }: Delivery): AsyncIterable<Uint8Array> => store.read(deliveryFile(output, name), { signal });
    const wholes = group.length === 1 ? null : await Promise.all(group.map((each) => readWhole(read(each))));
    for (const [index, delivery] of group.entries()) {
      yield* readItems(delivery, wholes?.[index] ?? read(delivery), readId);
    }
  }
}

function* groupDeliveries(deliveries: readonly Delivery[]): Generator<readonly Delivery[]> {
  let group: Delivery[] = [];
  for (const delivery of deliveries) {
    const { bytes } = sumDeliveries([...group, delivery]);
    if (group.length > 0 && (group.length === sideBySideMax || bytes > sideBySideBytesMax)) {
      yield group;
      group = [];
    }
    group.push(delivery);
  }
  if (group.length > 0) yield group;
}

/** As one chunk; none if it is not there. */
async function readWhole(source: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of source) chunks.push(Uint8Array.from(chunk));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return ReadableStream.from([Buffer.concat(chunks)]);
}

async function* readItems(
  delivery: Delivery,
  source: AsyncIterable<Uint8Array>,
  readId: ReadId,
): AsyncGenerator<DeliveredItem> {
  try {
    for await (const lines of lineChunks(source, { lineBytesMax: rowBytesMax })) {
      for (const { bytes } of lines) {
        if (bytes === null || bytes.length === 0) continue;
        const record: RowRecord = JSON.parse(bytes.toString());
        yield { delivery, id: readId(record, bytes), line: bytes };
      }
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
