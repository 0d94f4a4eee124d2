// The calls of a part of a realtime batch.

import type { BatchRef, JobRef } from '../../domain/ids.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { itemsFile, requestsFile } from '../../job-folder/paths.ts';
import { parseItemLine } from '../../job-folder/plan/item-line.ts';
import { type Line, lineCursor } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';

export interface Call {
  readonly customId: string;
  /** The request line. */
  readonly line: Buffer;
}

/** The items of a batch that one activity calls. */
export interface CallRange extends BatchRef, JobRef {
  /** The first item's place in the batch, from 0. */
  readonly from: number;
  readonly count: number;
}

export async function* listCalls(store: Store, range: CallRange): AsyncGenerator<Call> {
  const items = lineCursor(store.read(itemsFile(range)));
  const requests = lineCursor(store.read(requestsFile(range)));
  try {
    for (let place = 0; place < range.from + range.count; place += 1) {
      const item = readPlanned(itemsFile(range), await items.next());
      const request = readPlanned(requestsFile(range), await requests.next());
      if (place < range.from) continue;
      const { customId } = parseItemLine(item.toString());
      yield { customId, line: Buffer.from(request) };
    }
  } finally {
    await items.close();
    await requests.close();
  }
}

/**
 * A plan never has a line that a cursor cannot hold, because a batch cannot be that large. To ask only for the items before it would lose the
 * others.
 */
function readPlanned(uri: string, line: Line | null): Buffer {
  if (line === null) throw new InvariantBroken(`${uri} has fewer lines than were planned`);
  if (line.bytes === null) throw new InvariantBroken(`${uri}, line ${line.number} has ${line.length} bytes`);
  return line.bytes;
}

export async function* iterateOne(call: Call): AsyncGenerator<Call> {
  yield call;
}
