// The answers of several waves, row by row: every sending of an item side by side, in dataset order, however many files they lie in.

import { batchesPerWaveMax } from '../domain/limits.ts';
import type { AnswerLine, ItemLine, Tally } from '../domain/outcome/outcome.ts';
import { type Line, type LineCursor, lineCursor } from '../storage/lines/json-lines.ts';
import type { Store } from '../storage/store.ts';
import type { ManifestEntry } from './batch-files.ts';
import { parseItemLine } from './item-line.ts';
import { readOwnIfThere } from './job-file.ts';
import { readEntries } from './manifest.ts';
import { answersFile, itemsFile, requestsFile, tallyFile } from './paths.ts';

/** One sending of an item: its line as it lies there, parsed only where somebody asks what it says. */
export class Attempt {
  readonly row: number;
  readonly wave: number;
  readonly entry: ManifestEntry | null;
  readonly tally: Tally | null;
  /** A line of answers, or of items where the batch was never sent. */
  readonly line: string;
  readonly isAnswer: boolean;
  /** The request line, where asked for: valid until the next row. */
  readonly request: Buffer | null;
  #parsed: ItemLine | AnswerLine | null = null;

  constructor(bytes: Buffer, source: Pick<Attempt, 'wave' | 'entry' | 'tally' | 'isAnswer' | 'request'>) {
    this.row = rowIn(bytes);
    this.line = bytes.toString();
    this.wave = source.wave;
    this.entry = source.entry;
    this.tally = source.tally;
    this.isAnswer = source.isAnswer;
    this.request = source.request;
  }

  get item(): ItemLine {
    this.#parsed ??= parseItemLine(this.line);
    return this.#parsed;
  }

  /** Null where the batch was never sent. */
  get answer(): AnswerLine | null {
    const { item } = this;
    return this.isAnswer && 'kind' in item ? (item as AnswerLine) : null;
  }
}

const rowAt = '{"row":'.length;
const [zero, nine] = [0x30, 0x39];

/** Lines of items and answers begin with their row. */
function rowIn(bytes: Buffer): number {
  let row = 0;
  for (let at = rowAt; at < bytes.length; at += 1) {
    const digit = bytes[at] ?? 0;
    if (digit < zero || digit > nine) break;
    row = row * 10 + digit - zero;
  }
  return row;
}

/** The sendings of one row, first wave first. */
export type RowAttempts = readonly [Attempt, ...Attempt[]];

/** Batches one after another whose rows ascend: those of one model. Several such tracks interleave. */
interface Track {
  readonly wave: number;
  readonly entries: ManifestEntry[];
}

async function listTracks(store: Store, output: string, wave: number): Promise<Track[]> {
  const tracks: Track[] = [];
  for (const entry of await readEntries(store, output, wave, 1, batchesPerWaveMax)) {
    const track = tracks.find(({ entries }) => (entries.at(-1)?.lastRow ?? 0) < entry.firstRow);
    if (track === undefined) {
      tracks.push({ wave, entries: [entry] });
    } else {
      track.entries.push(entry);
    }
  }
  return tracks;
}

type Next = ReturnType<LineCursor['next']>;

class TrackCursor {
  readonly wave: number;
  readonly #store: Store;
  readonly #output: string;
  readonly #entries: ManifestEntry[];
  readonly #withRequests: boolean;
  #entry: ManifestEntry | null = null;
  #tally: Tally | null = null;
  #lines: LineCursor | null = null;
  #requests: LineCursor | null = null;
  head: Attempt | null = null;

  constructor(store: Store, output: string, track: Track, withRequests: boolean) {
    this.wave = track.wave;
    this.#store = store;
    this.#output = output;
    this.#entries = [...track.entries];
    this.#withRequests = withRequests;
  }

  /** Moves on to the next line; a promise only where a file is waited for. */
  advance(): void | Promise<void> {
    const line = this.#lines?.next();
    const request = this.#requests?.next();
    if (line === undefined || line instanceof Promise || request instanceof Promise) return this.#wait(line, request);
    return this.#take(line, request ?? null);
  }

  async #wait(line: Next | undefined, request: Next | undefined): Promise<void> {
    const [first, second] = [(await line) ?? null, (await request) ?? null];
    await this.#take(first, second);
  }

  #take(line: Line | null, request: Line | null): void | Promise<void> {
    if (line?.bytes == null) return this.#openNext();
    const [entry, tally] = [this.#entry, this.#tally];
    const source = { wave: this.wave, entry, tally, isAnswer: tally !== null, request: request?.bytes ?? null };
    this.head = new Attempt(line.bytes, source);
  }

  async #openNext(): Promise<void> {
    await this.close();
    this.head = null;
    const entry = this.#entries.shift();
    if (entry === undefined) return;
    const ref = { output: this.#output, wave: this.wave, batch: entry.batch };
    this.#entry = entry;
    this.#tally = await readOwnIfThere<Tally>(this.#store, tallyFile(ref));
    this.#lines = lineCursor(this.#store.read(this.#tally !== null ? answersFile(ref) : itemsFile(ref)));
    if (this.#withRequests) this.#requests = lineCursor(this.#store.read(requestsFile(ref)));
    await this.advance();
  }

  async close(): Promise<void> {
    await this.#lines?.close();
    await this.#requests?.close();
    this.#lines = null;
    this.#requests = null;
  }
}

/** What `reuse` carried over stands in one file, and looks like a wave before the first. */
class CarriedCursor extends TrackCursor {
  readonly #lines: LineCursor;

  constructor(store: Store, output: string) {
    super(store, output, { wave: 0, entries: [] }, false);
    this.#lines = lineCursor(store.read(answersFile({ output, wave: 0, batch: 1 })));
  }

  override async advance(): Promise<void> {
    const line = await this.#lines.next();
    if (line?.bytes == null) {
      this.head = null;
      return;
    }
    this.head = new Attempt(line.bytes, { wave: 0, entry: null, tally: null, isAnswer: true, request: null });
  }

  override async close(): Promise<void> {
    await this.#lines.close();
  }
}

export interface RowCursor {
  /** At once where the lines are at hand, a promise only where a file is waited for; null at the end. */
  next(): RowAttempts | null | Promise<RowAttempts | null>;
  close(): Promise<void>;
}

/** Memory: one line of each track, of which there are as many as waves times models that interleave. */
export async function openRows(
  store: Store,
  output: string,
  waves: readonly number[],
  { withRequests = false }: { readonly withRequests?: boolean } = {},
): Promise<RowCursor> {
  const cursors: TrackCursor[] = [];
  for (const wave of waves.toSorted((one, other) => one - other)) {
    if (wave > 0) {
      for (const track of await listTracks(store, output, wave)) {
        cursors.push(new TrackCursor(store, output, track, withRequests));
      }
    } else if ((await store.head(answersFile({ output, wave: 0, batch: 1 }))) !== null) {
      cursors.push(new CarriedCursor(store, output));
    }
  }
  // Those whose heads were given, and are to move on before the next row is looked for: at first all.
  let given: readonly TrackCursor[] = cursors;
  const lowest = (): RowAttempts | null => {
    let row = Number.POSITIVE_INFINITY;
    let heads: Attempt[] = [];
    const owners: TrackCursor[] = [];
    for (const cursor of cursors) {
      const { head } = cursor;
      if (head === null || head.row > row) continue;
      if (head.row < row) [row, heads, owners.length] = [head.row, [], 0];
      heads.push(head);
      owners.push(cursor);
    }
    given = owners;
    const [first, ...more] = heads;
    return first === undefined ? null : [first, ...more];
  };
  return {
    next() {
      const waits = given.map((cursor) => cursor.advance()).filter((wait) => wait !== undefined);
      return waits.length === 0 ? lowest() : Promise.all(waits).then(lowest);
    },
    async close() {
      for (const cursor of cursors) await cursor.close();
    },
  };
}
