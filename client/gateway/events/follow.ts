// Tells one reader everything of a job, in order: its status, each collected batch with its answers, and its end.

import { findNumberingRun } from '../../../domain/progress/collected.ts';
import type { Store } from '../../../storage/store.ts';
import { fileStart, type Place, type PlacedResult, readAnswers, readBatchTally, readRest } from './answers.ts';
import { type Cursor, endOfEvents, formatCursor, isKnown, latestEvents } from './cursor.ts';
import type { EventWriter } from './event-writer.ts';
import type { JobFeed } from './job-feed.ts';
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
  const told = new Told(parts, withItems);
  if (after === latestEvents) told.beginWithLatest();
  else if (after !== null) await told.continueAfter(after);
  while (!draining.aborted) {
    const { changed, end } = feed;
    await told.tellStatus();
    await told.tellBatches(draining);
    if (draining.aborted) return;
    if (end !== null) return told.tellEnd();
    await writer.waitFor(changed);
  }
}

class Told {
  readonly #parts: FollowParts;
  readonly #withItems: boolean;
  /** The batch that is being told, and how far; null if it was not begun. */
  #number = 1;
  #place: Place | null = null;
  /** The run that gave the last number; null before the first batch. */
  #run: string | null = null;
  #status = '';

  constructor(parts: FollowParts, withItems: boolean) {
    this.#parts = parts;
    this.#withItems = withItems;
  }

  /** A reader whose last event the job does not have any more begins again. */
  async continueAfter(cursor: Cursor): Promise<void> {
    const { page } = this.#parts.feed;
    const isOfRest = cursor.number === page.total + 1 && page.runs.at(-1)?.[1] === cursor.run;
    if (isKnown(cursor, page) || isOfRest) {
      this.#number = cursor.number;
      this.#place = { line: cursor.line, byte: 0 };
      return;
    }
    await this.#beginAgain();
  }

  beginWithLatest(): void {
    const { total } = this.#parts.feed.page;
    if (total === 0) return;
    this.#number = total;
    this.#place = fileStart;
  }

  async #beginAgain(): Promise<void> {
    this.#number = 1;
    this.#place = null;
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

  async tellBatches(draining: AbortSignal): Promise<void> {
    const isOther = this.#run !== null && findNumberingRun(this.#parts.feed.page, this.#number - 1) !== this.#run;
    if (isOther) await this.#beginAgain();
    for (; this.#number <= this.#parts.feed.page.total && !draining.aborted; this.#number += 1) {
      await this.#tellBatch(this.#number);
      this.#run = findNumberingRun(this.#parts.feed.page, this.#number);
      this.#place = null;
    }
  }

  async #tellBatch(number: number): Promise<void> {
    const found = this.#parts.feed.findBatch(number);
    const { output } = this.#parts.feed.status ?? {};
    if (found === null || output === undefined) return;
    const [wave, batch] = found;
    const ref = { output, wave, batch };
    const tally = await readBatchTally(this.#parts.store, ref);
    if (this.#place === null) await this.#send('batch', 0, JSON.stringify({ number, wave, batch, ...tally }));
    if (this.#withItems) await this.#tellItems((place) => readAnswers(this.#parts.store, ref, tally, place));
  }

  /** While the reader takes nothing, no file is open for it. */
  async #tellItems(read: (from: Place) => AsyncGenerator<PlacedResult>): Promise<void> {
    for (let isWhole = false; !isWhole; ) {
      await this.#parts.writer.awaitRoom();
      isWhole = await this.#parts.turns.take(() => this.#tellSome(read(this.#place ?? fileStart)));
    }
  }

  /** False if the reader has no room for more, or if it is the turn of another. */
  async #tellSome(results: AsyncGenerator<PlacedResult>): Promise<boolean> {
    let told = 0;
    for await (const { place, json } of results) {
      await this.#send('item', place.line, json);
      this.#place = place;
      told += 1;
      if (told === linesOfTurn || !(await this.#parts.writer.hasRoomSoon())) return false;
    }
    return true;
  }

  async tellEnd(): Promise<void> {
    const { end } = this.#parts.feed;
    const folder = end?.results?.replace(/[^/]*$/, '');
    if (this.#withItems && folder !== undefined) {
      await this.#tellItems((place) => readRest(this.#parts.store, folder, place));
    }
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
