// Attempts in ascending row order: where each batch of a wave has its answers, and one line of them after the other.

import type { BatchRef } from '../domain/ids.ts';
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

  constructor(bytes: Buffer, source: AttemptSite) {
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

/** What all attempts in one file have in common, and the request of one of them. */
export type AttemptSite = Pick<Attempt, 'wave' | 'entry' | 'tally' | 'sent' | 'isAnswer' | 'request'>;

/** A file whose lines are attempts. */
export interface AnswerFile {
  readonly uri: string;
  readonly site: AttemptSite;
}

/** The file of answers of a batch, or that of its items if its result is not known. */
export async function findAnswers(
  store: Store,
  { output, wave }: Pick<BatchRef, 'output' | 'wave'>,
  entry: ManifestEntry,
): Promise<AnswerFile> {
  const ref = { output, wave, batch: entry.batch };
  const tally = await readTally(store, ref);
  const sent = tally === null ? await findSent(store, ref) : null;
  const site = { wave, entry, tally, sent, isAnswer: tally !== null, request: null };
  return { uri: tally === null ? itemsFile(ref) : answersFile(ref), site };
}

/** Batches of one wave, one after another, with ascending rows: those of one model. */
export interface Track {
  readonly output: string;
  readonly wave: number;
  readonly entries: readonly ManifestEntry[];
}

/** The batch of a track that is being read. */
interface OpenFiles {
  readonly site: AttemptSite;
  readonly lines: LineCursor;
  readonly requests: LineCursor;
}

/** The attempts of a track, with their requests. */
export class TrackSource {
  readonly #store: Store;
  readonly #track: Track;
  #next = 0;
  #files: OpenFiles | null = null;
  /** Null before the first attempt and after the last. */
  head: Attempt | null = null;

  constructor(store: Store, track: Track) {
    this.#store = store;
    this.#track = track;
  }

  /** Moves to the next attempt. Returns a promise only if a file must be waited for: await it before the next call. */
  advance(): MaybePromise<void> {
    const files = this.#files;
    if (files === null) return this.#advanceToNextBatch();
    const line = files.lines.next();
    const request = files.requests.next();
    if (isPending(line) || isPending(request)) return this.#waitFor(files, line, request);
    return this.#take(files, line, request);
  }

  async close(): Promise<void> {
    const files = this.#files;
    this.#files = null;
    await files?.lines.close();
    await files?.requests.close();
  }

  async #waitFor(files: OpenFiles, line: MaybePromise<Line | null>, request: MaybePromise<Line | null>): Promise<void> {
    const [first, second] = await Promise.all([line, request]);
    await this.#take(files, first, second);
  }

  #take({ site }: OpenFiles, line: Line | null, request: Line | null): MaybePromise<void> {
    if (line?.bytes == null) return this.#advanceToNextBatch();
    this.head = new Attempt(line.bytes, { ...site, request: request?.bytes ?? null });
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
    const { uri, site } = await findAnswers(this.#store, { output, wave }, entry);
    return {
      site,
      lines: lineCursor(this.#store.read(uri)),
      requests: lineCursor(this.#store.read(requestsFile({ output, wave, batch: entry.batch }))),
    };
  }
}
