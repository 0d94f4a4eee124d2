// Tells one reader everything of a job, in order: its status, each collected batch or chunk with its answers, and its end.

import { findNumberingRun } from '../../../domain/progress/collected.ts';
import { answersFile } from '../../../job-folder/paths.ts';
import type { Store } from '../../../storage/store.ts';
import {
  fileStart,
  NotReadable,
  type Place,
  type PlacedResult,
  readAnswers,
  readBatchTally,
  readChunk,
  readRest,
} from './answers.ts';
import { type Cursor, endOfEvents, formatCursor, isKnown, latestEvents } from './cursor.ts';
import type { EventWriter } from './event-writer.ts';
import type { FeedEntry, JobFeed } from './job-feed.ts';
import type { Turns } from './turns.ts';

export interface FollowOptions {
  /** Null begins with the first batch. */
  readonly after: Cursor | typeof latestEvents | null;
  readonly withItems: boolean;
  /** Aborted when the gateway drains: the stream ends, and the reader comes back to another gateway. */
  readonly draining: AbortSignal;
}

/** Where events go. */
export type EventSink = Pick<EventWriter, 'send' | 'waitFor' | 'awaitRoom' | 'hasRoomSoon'>;

export interface FollowParts {
  readonly feed: JobFeed;
  readonly store: Store;
  readonly writer: EventSink;
  /** All readers of the gateway share them. */
  readonly turns: Turns;
}

/** Ends when the job's last event was sent, or the gateway drains. Throws `ReaderGone`. */
export async function followEvents(parts: FollowParts, { after, withItems, draining }: FollowOptions): Promise<void> {
  const { feed, writer } = parts;
  const told = new Told(parts, withItems, draining);
  if (after === latestEvents) told.beginWithLatest();
  else if (after !== null) await told.continueAfter(after);
  while (!draining.aborted) {
    const { changed, end } = feed;
    await told.tellStatus();
    await told.tellBatches(end !== null);
    if (draining.aborted) return;
    if (end !== null) return told.tellEnd();
    await writer.waitFor(changed);
  }
}

class Told {
  readonly #parts: FollowParts;
  readonly #withItems: boolean;
  readonly #draining: AbortSignal;
  /** The entry that is being told, whether its own event was sent, and how far its items were. */
  #number = 1;
  #isBegun = false;
  #place = fileStart;
  /** How far the entry before it was told. */
  #last = fileStart;
  /** The run that gave the last number; null before the first batch. */
  #run: string | null = null;
  #status = '';

  constructor(parts: FollowParts, withItems: boolean, draining: AbortSignal) {
    this.#parts = parts;
    this.#withItems = withItems;
    this.#draining = draining;
  }

  /** A reader whose last event the job does not have any more begins again. */
  async continueAfter(cursor: Cursor): Promise<void> {
    const { page } = this.#parts.feed;
    const isOfRest = cursor.number === page.total + 1 && page.runs.at(-1)?.[1] === cursor.run;
    if (isKnown(cursor, page) || isOfRest) {
      this.#number = cursor.number;
      this.#isBegun = true;
      this.#place = { line: cursor.line, next: null };
      return;
    }
    await this.#beginAgain();
  }

  beginWithLatest(): void {
    const { total } = this.#parts.feed.page;
    if (total === 0) return;
    this.#number = total;
  }

  async #beginAgain(): Promise<void> {
    this.#number = 1;
    this.#isBegun = false;
    this.#place = fileStart;
    this.#run = null;
    await this.#parts.writer.send({
      event: 'reset',
      data: JSON.stringify({ reason: 'the job does not have the last event any more: what follows begins again' }),
    });
  }

  async tellStatus(): Promise<void> {
    const { status } = this.#parts.feed;
    const text = JSON.stringify(status);
    if (status === null || text === this.#status) return;
    this.#status = text;
    await this.#parts.writer.send({ event: 'job', data: text });
  }

  /** Ends early at a chunk that cannot be read now. When the job has ended, the rows of such a chunk are only in the results. */
  async tellBatches(isOver: boolean): Promise<void> {
    const isOther = this.#run !== null && findNumberingRun(this.#parts.feed.page, this.#number - 1) !== this.#run;
    if (isOther) await this.#beginAgain();
    for (; this.#number <= this.#parts.feed.page.total && !this.#draining.aborted; this.#number += 1) {
      if (!(await this.#tellEntry(this.#number)) && !isOver) return;
      this.#run = findNumberingRun(this.#parts.feed.page, this.#number);
      this.#isBegun = false;
      this.#last = this.#place;
      this.#place = fileStart;
    }
  }

  /** False if it cannot be read now. */
  async #tellEntry(number: number): Promise<boolean> {
    const found = this.#parts.feed.findEntry(number);
    const { output } = this.#parts.feed.status ?? {};
    if (found === null || output === undefined) return true;
    try {
      await (found.to === null ? this.#tellBatch(number, output, found) : this.#tellChunk(number, output, found));
      return true;
    } catch (error) {
      if (error instanceof NotReadable) return false;
      throw error;
    }
  }

  async #tellBatch(number: number, output: string, { wave, batch, from }: FeedEntry): Promise<void> {
    const ref = { output, wave, batch };
    const tally = await readBatchTally(this.#parts.store, ref);
    const { late = [], ...counts } = tally ?? {};
    if (!this.#isBegun) {
      await this.#begin('batch', { number, wave, batch, ...counts });
      if (late.length === 0) this.#continueFile(answersFile(ref), from);
    }
    const part = { ref, from, to: null };
    if (this.#withItems) await this.#tellItems((place) => readAnswers(this.#parts.store, part, tally, place));
  }

  async #tellChunk(number: number, output: string, { wave, batch, from, to }: FeedEntry): Promise<void> {
    const ref = { output, wave, batch };
    if (!this.#isBegun) {
      await this.#begin('chunk', { number, wave, batch, from: from + 1, to });
      this.#continueFile(answersFile(ref), from);
    }
    const part = { ref, from, to: to ?? from };
    if (this.#withItems) await this.#tellItems((place) => readChunk(this.#parts.store, part, place));
  }

  async #begin(event: string, data: object): Promise<void> {
    await this.#send(event, 0, JSON.stringify(data));
    this.#isBegun = true;
  }

  /** The chunks of a batch that has ended follow one another in its answers: each begins where the last one ended. */
  #continueFile(uri: string, line: number): void {
    if (this.#last.line === line && this.#last.next?.uri === uri) this.#place = this.#last;
  }

  /** While the reader takes nothing, no file is open for it. A gateway that drains stops in the middle. */
  async #tellItems(read: (from: Place) => AsyncGenerator<PlacedResult>): Promise<void> {
    for (let isWhole = false; !isWhole && !this.#draining.aborted; ) {
      await this.#parts.writer.awaitRoom();
      isWhole = await this.#parts.turns.take(() => this.#tellSome(read(this.#place)));
    }
  }

  /** False if the reader has no room for more, or if it is the turn of another. */
  async #tellSome(results: AsyncGenerator<PlacedResult>): Promise<boolean> {
    let told = 0;
    for await (const { place, json } of results) {
      if (json !== null) await this.#send('item', place.line, json);
      this.#place = place;
      if (json === null) continue;
      told += 1;
      if (told === linesOfTurn || this.#draining.aborted || !(await this.#parts.writer.hasRoomSoon())) return false;
    }
    return true;
  }

  async tellEnd(): Promise<void> {
    const { end } = this.#parts.feed;
    const folder = end?.results?.replace(/[^/]*$/, '');
    if (this.#withItems && folder !== undefined) {
      await this.#tellItems((place) => readRest(this.#parts.store, folder, place));
    }
    if (this.#draining.aborted) return;
    await this.#parts.writer.send({ event: 'end', data: JSON.stringify({ state: end?.state }), id: endOfEvents });
  }

  #send(event: string, line: number, data: string): Promise<void> {
    const { page } = this.#parts.feed;
    const run = findNumberingRun(page, this.#number) ?? page.runs.at(-1)?.[1] ?? noRun;
    return this.#parts.writer.send({ event, data, id: formatCursor({ run, number: this.#number, line }) });
  }
}

const linesOfTurn = 2_000;

/** Of a job without a collected batch: everything is in the rest. */
const noRun = '00000000-0000-0000-0000-000000000000';
