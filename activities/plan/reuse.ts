// Finds the results of an earlier job by key: an index of places in its results file, 16 bytes a result, and a reader of lines at a place.

import type { CustomId, ItemKey } from '../../domain/ids.ts';
import { messageByReason } from '../../domain/outcome/classify.ts';
import { addFolder, startOfNames } from '../../domain/outcome/image-file.ts';
import type { AnswerLine, Json, Lane } from '../../domain/outcome/outcome.ts';
import type { Usage } from '../../domain/outcome/usage.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { resultsFile } from '../../job-folder/paths.ts';
import { cursorLineBytesMax, type LineCursor, lineChunks, lineCursor } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';
import { createEntryTable, type EntryTable } from './keys/entry-table.ts';

/** The fields of a results line that are carried over. */
interface EarlierResult {
  readonly status: string;
  readonly reason?: string;
  readonly key: ItemKey;
  readonly customId: CustomId;
  readonly output: Json;
  readonly usage: Usage | null;
  readonly lane: Lane | null;
  readonly model: string | null;
  readonly finishReason: string | null;
  readonly batchId: string | null;
  readonly response?: Json;
}

export interface EarlierResults {
  /** Whether the earlier job answered this key, or left it in doubt. */
  has(key: ItemKey): boolean;
  /** The line of this job's wave 0 for a row with that key: answered, or still in doubt. */
  carryOver(row: Pick<AnswerLine, 'row' | 'id' | 'key'>): Promise<AnswerLine>;
  close(): Promise<void>;
}

/** If an item is answered in one line and in doubt in another, it is answered. */
interface Index {
  readonly answered: EntryTable;
  readonly inDoubt: EntryTable;
}

/** Within so many bytes, skipping forward costs less than opening the file again. */
const skipBytesMax = 4 * 1024 * 1024;

/** `reuse` names the results file or its folder. Fails if the file changes while it is in use. */
export async function readEarlierResults(store: Store, reuse: string, signal?: AbortSignal): Promise<EarlierResults> {
  const uri = reuse.endsWith('/') ? resultsFile(reuse) : reuse;
  const index = await buildIndex(store, uri, signal);
  const lines = createForwardReader(store, uri, signal);
  return {
    has: (key) => findPlace(index, key) !== null,
    async carryOver(row) {
      const place = findPlace(index, row.key);
      const found = place === null ? null : readCarried(await lines.at(place), uri);
      if (found === null || found.key !== row.key) throw new InvariantBroken(`${uri} changed while it was read`);
      return describeCarried(row, found);
    },
    close: () => lines.close(),
  };
}

/** Images stay where they are, and the references to them say so. */
function readCarried(line: Buffer, uri: string): EarlierResult | null {
  const found = parseResult(line);
  if (found === null || !line.includes(startOfNames(found.customId))) return found;
  const folder = uri.slice(0, uri.lastIndexOf('/') + 1);
  const locate = (value: Json): Json => addFolder(value, found.customId, folder);
  const { output, response } = found;
  return { ...found, output: locate(output), ...(response === undefined ? {} : { response: locate(response) }) };
}

/** This job pays nothing for it. An item in doubt has no answer, and a person decides whether it is sent again. */
function describeCarried({ row, id, key }: Pick<AnswerLine, 'row' | 'id' | 'key'>, found: EarlierResult): AnswerLine {
  const { customId, output, usage, lane, model, finishReason, batchId, response } = found;
  const state: Pick<AnswerLine, 'kind' | 'reason' | 'message'> = isInDoubt(found)
    ? { kind: 'rejected', reason: 'in_doubt', message: messageByReason.in_doubt }
    : { kind: 'answered' };
  return {
    row,
    id,
    key,
    customId,
    ...state,
    output,
    usage,
    costUsd: 0,
    finishReason,
    model,
    ...(response === undefined ? {} : { response }),
    carried: { lane, batchId },
  };
}

const isInDoubt = ({ status, reason }: EarlierResult): boolean => status === 'failed' && reason === 'in_doubt';

/** Keys are already hashes: the first 64 bits find the entry, and its two words hold the place. */
async function buildIndex(store: Store, uri: string, signal: AbortSignal | undefined): Promise<Index> {
  const index = { answered: createEntryTable(), inDoubt: createEntryTable() };
  for await (const lines of lineChunks(store.read(uri, { signal }), { lineBytesMax: cursorLineBytesMax })) {
    for (const { bytes, start } of lines) {
      const result = bytes === null ? null : parseResult(bytes);
      const table = result === null ? null : chooseTable(index, result);
      if (result === null || table === null) continue;
      const place = start + 1;
      const [value, extra] = [(place % 2 ** 31) + 2 ** 31, Math.floor(place / 2 ** 31)];
      table.putIfAbsent({ ...splitKey(result.key), value, extra });
    }
  }
  return index;
}

/** Null if the item is to be sent again. */
function chooseTable({ answered, inDoubt }: Index, result: EarlierResult): EntryTable | null {
  if (result.status === 'answered') return answered;
  return isInDoubt(result) ? inDoubt : null;
}

function findPlace({ answered, inDoubt }: Index, key: ItemKey): number | null {
  const { high, low } = splitKey(key);
  const entry = answered.find(high, low) ?? inDoubt.find(high, low);
  return entry === null ? null : entry.extra * 2 ** 31 + (entry.value - 2 ** 31) - 1;
}

function splitKey(key: ItemKey): { high: number; low: number } {
  return { high: Number.parseInt(key.slice(0, 8), 16), low: Number.parseInt(key.slice(8, 16), 16) };
}

/** Null if the line is not a line of a results file: it cannot be carried over, so its row is planned and paid again. */
function parseResult(bytes: Buffer): EarlierResult | null {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return isResult(value) ? value : null;
  } catch {
    return null;
  }
}

function isResult(value: unknown): value is EarlierResult {
  if (typeof value !== 'object' || value === null || !('key' in value) || !('status' in value)) return false;
  return typeof value.key === 'string' && /^[0-9a-f]{24}$/.test(value.key) && 'output' in value && 'customId' in value;
}

function createForwardReader(store: Store, uri: string, signal: AbortSignal | undefined) {
  let cursor: LineCursor | null = null;
  let position = 0;
  const close = async (): Promise<void> => {
    await cursor?.close();
    cursor = null;
  };
  return {
    async at(place: number): Promise<Buffer> {
      if (cursor === null || place < position || place > position + skipBytesMax) {
        await close();
        cursor = lineCursor(store.read(uri, { signal, start: place }), { firstByte: place });
        position = place;
      }
      for (let line = await cursor.next(); line !== null; line = await cursor.next()) {
        position = line.end;
        if (line.start === place && line.bytes !== null) return line.bytes;
      }
      throw new InvariantBroken(`${uri} became shorter while it was read`);
    },
    close,
  };
}
