// Attempts in ascending row order, from the two places that hold them: the batches of a wave, and the answers that `reuse` carried over.

import { isPending, type MaybePromise } from '../domain/maybe-promise.ts';
import type { AnswerLine, ItemLine, Tally } from '../domain/outcome/outcome.ts';
import { type Line, type LineCursor, lineCursor } from '../storage/lines/json-lines.ts';
import type { Store } from '../storage/store.ts';
import { answersFile, itemsFile, requestsFile } from './paths.ts';
import { parseItemLine, readRow } from './plan/item-line.ts';
import type { ManifestEntry } from './plan/manifest.ts';
import { findSent, readTally, type Sent } from './tallies.ts';

/** One attempt at an item: its line as in the file, parsed only on demand. */
export class Attempt {
  readonly row: number;
  readonly wave: number;
  readonly entry: ManifestEntry | null;
  readonly tally: Tally | null;
  /** Null if the batch has a tally, or was never sent. */
  readonly sent: Sent | null;
  /** A line of answers, or of items if the batch was never sent. */
  readonly line: string;
  readonly isAnswer: boolean;
  /** The request line, if requests are read: valid until the next row. */
  readonly request: Buffer | null;
  #parsed: ItemLine | AnswerLine | null = null;

  constructor(bytes: Buffer, source: Pick<Attempt, 'wave' | 'entry' | 'tally' | 'sent' | 'isAnswer' | 'request'>) {
    this.row = readRow(bytes);
    this.line = bytes.toString();
    this.wave = source.wave;
    this.entry = source.entry;
    this.tally = source.tally;
    this.sent = source.sent;
    this.isAnswer = source.isAnswer;
    this.request = source.request;
  }

  get item(): ItemLine {
    this.#parsed ??= parseItemLine(this.line);
    return this.#parsed;
  }

  /** Null if the batch has no tally. */
  get answer(): AnswerLine | null {
    const { item } = this;
    return this.isAnswer && 'kind' in item ? (item as AnswerLine) : null;
  }
}

export interface AttemptSource {
  /** Null before the first attempt and after the last. */
  readonly head: Attempt | null;
  /** Moves to the next attempt. Returns a promise only if a file must be waited for: await it before the next call. */
  advance(): MaybePromise<void>;
  close(): Promise<void>;
}

/** Batches of one wave, one after another, with ascending rows: those of one model. */
export interface Track {
  readonly output: string;
  readonly wave: number;
  readonly entries: readonly ManifestEntry[];
}

/** The batch of a track that is being read. */
interface OpenFiles {
  readonly entry: ManifestEntry;
  /** Null if the result of the batch is not known. */
  readonly tally: Tally | null;
  readonly sent: Sent | null;
  readonly lines: LineCursor;
  /** Null if requests are not read. */
  readonly requests: LineCursor | null;
}

export class TrackSource implements AttemptSource {
  readonly #store: Store;
  readonly #track: Track;
  readonly #withRequests: boolean;
  #next = 0;
  #files: OpenFiles | null = null;
  head: Attempt | null = null;

  constructor(store: Store, track: Track, withRequests: boolean) {
    this.#store = store;
    this.#track = track;
    this.#withRequests = withRequests;
  }

  advance(): MaybePromise<void> {
    const files = this.#files;
    if (files === null) return this.#advanceToNextBatch();
    const line = files.lines.next();
    const request = files.requests === null ? null : files.requests.next();
    if (isPending(line) || isPending(request)) return this.#waitFor(files, line, request);
    return this.#take(files, line, request);
  }

  async close(): Promise<void> {
    const files = this.#files;
    this.#files = null;
    await files?.lines.close();
    await files?.requests?.close();
  }

  async #waitFor(files: OpenFiles, line: MaybePromise<Line | null>, request: MaybePromise<Line | null>): Promise<void> {
    const [first, second] = await Promise.all([line, request]);
    await this.#take(files, first, second);
  }

  #take({ entry, tally, sent }: OpenFiles, line: Line | null, request: Line | null): MaybePromise<void> {
    if (line?.bytes == null) return this.#advanceToNextBatch();
    const { wave } = this.#track;
    const source = { wave, entry, tally, sent, isAnswer: tally !== null, request: request?.bytes ?? null };
    this.head = new Attempt(line.bytes, source);
  }

  async #advanceToNextBatch(): Promise<void> {
    await this.close();
    this.head = null;
    const entry = this.#track.entries[this.#next++];
    if (entry === undefined) return;
    this.#files = await this.#open(entry);
    await this.advance();
  }

  async #open(entry: ManifestEntry): Promise<OpenFiles> {
    const { output, wave } = this.#track;
    const ref = { output, wave, batch: entry.batch };
    const tally = await readTally(this.#store, ref);
    return {
      entry,
      tally,
      sent: tally === null ? await findSent(this.#store, ref) : null,
      lines: lineCursor(this.#store.read(tally === null ? itemsFile(ref) : answersFile(ref))),
      requests: this.#withRequests ? lineCursor(this.#store.read(requestsFile(ref))) : null,
    };
  }
}

/** The answers that `reuse` carried over: one file, which counts as a wave before the first. */
export class CarriedSource implements AttemptSource {
  readonly #lines: LineCursor;
  head: Attempt | null = null;

  constructor(store: Store, uri: string) {
    this.#lines = lineCursor(store.read(uri));
  }

  advance(): MaybePromise<void> {
    const line = this.#lines.next();
    return isPending(line) ? line.then((come) => this.#take(come)) : this.#take(line);
  }

  close(): Promise<void> {
    return this.#lines.close();
  }

  #take(line: Line | null): void {
    const source = { wave: 0, entry: null, tally: null, sent: null, isAnswer: true, request: null };
    this.head = line?.bytes == null ? null : new Attempt(line.bytes, source);
  }
}
