// Merges the attempts of several waves row by row: all attempts at an item together, in dataset order, however many files hold them.

import { carriedBatch } from '../domain/ids.ts';
import { isPending, type MaybePromise } from '../domain/maybe-promise.ts';
import type { Store } from '../storage/store.ts';
import { type AnswerFile, type Attempt, findAnswers, type Track, TrackSource } from './attempts.ts';
import { answersFile } from './paths.ts';
import { type ManifestEntry, readEntries } from './plan/manifest.ts';

export type { AnswerFile, Attempt } from './attempts.ts';

/** The attempts at one row's item, first wave first. */
export type RowAttempts = readonly [Attempt, ...Attempt[]];

/** With their requests. Memory: one line of each source. There are as many sources as waves, times the models whose batches interleave. */
export async function openRows(store: Store, output: string, waves: readonly number[]): Promise<RowCursor> {
  const sources: TrackSource[] = [];
  for (const wave of waves.toSorted((one, other) => one - other)) {
    const tracks = await listTracks(store, output, wave);
    sources.push(...tracks.map((track) => new TrackSource(store, track)));
  }
  return new RowCursor(sources);
}

/** The answers of waves 1 to `waves`, after those that `reuse` carried over: the files of each track in row order, wave by wave. */
export async function listAnswerTracks(
  store: Store,
  output: string,
  waves: number,
): Promise<readonly AsyncIterable<AnswerFile>[]> {
  const tracks: AsyncIterable<AnswerFile>[] = [listCarried(store, output)];
  for (let wave = 1; wave <= waves; wave++) {
    for (const track of await listTracks(store, output, wave)) tracks.push(listFiles(store, track));
  }
  return tracks;
}

async function* listCarried(store: Store, output: string): AsyncGenerator<AnswerFile> {
  const uri = answersFile({ output, ...carriedBatch });
  const site = { wave: carriedBatch.wave, entry: null, tally: null, sent: null, isAnswer: true, request: null };
  if ((await store.head(uri)) !== null) yield { uri, site };
}

async function* listFiles(store: Store, { output, wave, entries }: Track): AsyncGenerator<AnswerFile> {
  for (const entry of entries) yield findAnswers(store, { output, wave }, entry);
}

async function listTracks(store: Store, output: string, wave: number): Promise<Track[]> {
  const tracks: ManifestEntry[][] = [];
  for await (const entry of readEntries(store, output, wave)) {
    const track = tracks.find((entries) => (entries.at(-1)?.lastRow ?? 0) < entry.firstRow);
    if (track === undefined) {
      tracks.push([entry]);
    } else {
      track.push(entry);
    }
  }
  return tracks.map((entries) => ({ output, wave, entries }));
}

export class RowCursor {
  readonly #sources: readonly TrackSource[];
  /** Sources whose heads were returned and that must move before the next row is chosen: at first all. */
  #given: readonly TrackSource[];

  /** In the order of their waves. */
  constructor(sources: readonly TrackSource[]) {
    this.#sources = sources;
    this.#given = sources;
  }

  /** Returns a promise only if a file must be waited for: await it before the next call. Null after the last row. */
  next(): MaybePromise<RowAttempts | null> {
    const pending: Promise<void>[] = [];
    for (const source of this.#given) {
      const moved = source.advance();
      if (isPending(moved)) pending.push(moved);
    }
    return pending.length === 0 ? this.#takeLowest() : Promise.all(pending).then(() => this.#takeLowest());
  }

  async close(): Promise<void> {
    for (const source of this.#sources) await source.close();
  }

  #takeLowest(): RowAttempts | null {
    let row = Number.POSITIVE_INFINITY;
    let heads: Attempt[] = [];
    let owners: TrackSource[] = [];
    for (const source of this.#sources) {
      const { head } = source;
      if (head === null || head.row > row) continue;
      if (head.row < row) [row, heads, owners] = [head.row, [], []];
      heads.push(head);
      owners.push(source);
    }
    this.#given = owners;
    const [first, ...more] = heads;
    return first === undefined ? null : [first, ...more];
  }
}
