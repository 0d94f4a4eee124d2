// The calls that a part of a realtime batch is made of, and those that an earlier attempt has settled.

import type { BatchRef, JobRef } from '../../domain/ids.ts';
import { rowBytesMax } from '../../domain/limits.ts';
import { parseNote } from '../../job-folder/journal-notes.ts';
import { itemsFile, requestsFile } from '../../job-folder/paths.ts';
import { parseItemLine } from '../../job-folder/plan/item-line.ts';
import type { Provider } from '../../providers/provider.ts';
import { lineCursor } from '../../storage/lines/json-lines.ts';
import type { Journal, Store } from '../../storage/store.ts';

export interface Call {
  readonly customId: string;
  /** The request line. */
  readonly line: Buffer;
}

/** The items of a batch that one activity asks for. */
export interface CallRange extends BatchRef, JobRef {
  /** The first item's place in the batch, from 0. */
  readonly from: number;
  readonly count: number;
}

export async function* listCalls(store: Store, range: CallRange): AsyncGenerator<Call> {
  const options = { lineBytesMax: 2 * rowBytesMax };
  const items = lineCursor(store.read(itemsFile(range)), options);
  const requests = lineCursor(store.read(requestsFile(range)), options);
  try {
    for (let place = 0; place < range.from + range.count; place += 1) {
      const item = await items.next();
      const request = await requests.next();
      if (item?.bytes == null || request?.bytes == null) return;
      if (place < range.from) continue;
      const { customId } = parseItemLine(item.bytes.toString());
      yield { customId, line: Buffer.from(request.bytes) };
    }
  } finally {
    await items.close();
    await requests.close();
  }
}

/** Custom ids of the items that were answered, or given up until the next wave. */
export async function readSettled(
  journal: Journal,
  provider: Pick<Provider, 'decode' | 'defaultEndpoint'>,
): Promise<ReadonlySet<string>> {
  const settled = new Set<string>();
  for await (const line of journal.lines()) {
    const note = parseNote(line);
    const outcome = note === null ? provider.decode(line, provider.defaultEndpoint) : null;
    if (note?.kind === 'gaveUp') {
      settled.add(note.customId);
    } else if (outcome !== null && outcome.kind !== 'unreadable') {
      settled.add(outcome.customId);
    }
  }
  return settled;
}
