// The calls that a part of a realtime batch is made of, and those that an earlier attempt has settled.

import type { BatchRef, JobRef } from '../../domain/ids.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { parseNote } from '../../job-folder/journals.ts';
import { itemsFile, requestsFile } from '../../job-folder/paths.ts';
import { parseItemLine } from '../../job-folder/plan/item-line.ts';
import type { Provider } from '../../providers/provider.ts';
import { cursorLineBytesMax, type Line, lineChunks, lineCursor } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';

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

/** No plan has a line that a cursor cannot hold, because no batch may be as large. To ask for the items before it alone would lose the others. */
function readPlanned(uri: string, line: Line | null): Buffer {
  if (line === null) throw new InvariantBroken(`${uri} has fewer lines than were planned`);
  if (line.bytes === null) throw new InvariantBroken(`${uri}, line ${line.number} has ${line.length} bytes`);
  return line.bytes;
}

/** Custom ids of the items that earlier attempts were answered, or gave up until the next wave. */
export async function readSettled(
  store: Store,
  journals: readonly string[],
  provider: Pick<Provider, 'decode' | 'defaultEndpoint'>,
): Promise<ReadonlySet<string>> {
  const settled = new Set<string>();
  for (const uri of journals) {
    const options = { lineBytesMax: cursorLineBytesMax, endedOnly: true };
    for await (const lines of lineChunks(store.read(uri), options)) {
      for (const { bytes } of lines) {
        const customId = bytes === null || bytes.length === 0 ? null : readSettledId(bytes, provider);
        if (customId !== null) settled.add(customId);
      }
    }
  }
  return settled;
}

function readSettledId(line: Buffer, provider: Pick<Provider, 'decode' | 'defaultEndpoint'>): string | null {
  const note = parseNote(line);
  if (note !== null) return note.kind === 'gaveUp' ? note.customId : null;
  const outcome = provider.decode(line, provider.defaultEndpoint);
  return outcome.kind === 'unreadable' ? null : outcome.customId;
}
