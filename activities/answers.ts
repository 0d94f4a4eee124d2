// The answers of several waves, row by row: every sending of an item side by side, in dataset order, however many files they lie in.

import { batchesPerWaveMax } from '../domain/limits.ts';
import type { AnswerLine, ItemLine, Tally } from '../domain/outcome.ts';
import { type Line, type LineCursor, lineCursor } from '../storage/json-lines.ts';
import { answersFile, itemsFile, requestsFile, tallyFile } from '../storage/keys.ts';
import type { Store } from '../storage/store.ts';
import type { ManifestEntry } from './batch-files.ts';
import { readEntries } from './manifest.ts';
import { readOwnIfThere } from './own-file.ts';

/** One sending of an item. */
export interface Sending {
  readonly wave: number;
  readonly entry: ManifestEntry | null;
  readonly tally: Tally | null;
  readonly item: ItemLine;
  /** Null where the batch was never sent. */
  readonly answer: AnswerLine | null;
  /** The request line, where asked for: valid until the next row. */
  readonly request: Buffer | null;
}

/** The sendings of one row, first wave first. */
export type RowSendings = readonly [Sending, ...Sending[]];

/** Batches one after another whose rows ascend: those of one model. Several such tracks interleave. */
interface Track {
  readonly wave: number;
  readonly entries: ManifestEntry[];
}

async function tracksOf(store: Store, output: string, wave: number): Promise<Track[]> {
  const tracks: Track[] = [];
  for (const entry of await readEntries(store, output, wave, 1, batchesPerWaveMax)) {
    const track = tracks.find(({ entries }) => (entries.at(-1)?.lastRow ?? 0) < entry.firstRow);
    if (track === undefined) tracks.push({ wave, entries: [entry] });
    else track.entries.push(entry);
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
  head: Sending | null = null;

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
    // Written by the planner and by classify.
    const record: ItemLine | AnswerLine = JSON.parse(line.bytes.toString());
    const answer = this.#tally !== null && 'kind' in record ? record : null;
    const { wave } = this;
    this.head = { wave, entry: this.#entry, tally: this.#tally, item: record, answer, request: request?.bytes ?? null };
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
    const answer: AnswerLine = JSON.parse(line.bytes.toString());
    this.head = { wave: 0, entry: null, tally: null, item: answer, answer, request: null };
  }

  override async close(): Promise<void> {
    await this.#lines.close();
  }
}

/** Memory: one line of each track, of which there are as many as waves times models that interleave. */
export async function* rowsOf(
  store: Store,
  output: string,
  waves: readonly number[],
  { withRequests = false }: { readonly withRequests?: boolean } = {},
): AsyncGenerator<RowSendings> {
  const cursors: TrackCursor[] = [];
  for (const wave of waves) {
    if (wave > 0)
      for (const track of await tracksOf(store, output, wave))
        cursors.push(new TrackCursor(store, output, track, withRequests));
    else if ((await store.head(answersFile({ output, wave: 0, batch: 1 }))) !== null)
      cursors.push(new CarriedCursor(store, output));
  }
  try {
    for (const cursor of cursors) await cursor.advance();
    for (;;) {
      const row = lowestRow(cursors);
      if (row === null) return;
      const at = cursors.filter(({ head }) => head?.item.row === row);
      const [first, ...more] = at.flatMap(({ head }) => head ?? []).sort((one, other) => one.wave - other.wave);
      if (first !== undefined) yield [first, ...more];
      for (const cursor of at) {
        const waits = cursor.advance();
        if (waits !== undefined) await waits;
      }
    }
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
}

function lowestRow(cursors: readonly TrackCursor[]): number | null {
  let lowest: number | null = null;
  for (const { head } of cursors)
    if (head !== null && (lowest === null || head.item.row < lowest)) lowest = head.item.row;
  return lowest;
}
