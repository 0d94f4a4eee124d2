// Tells one reader everything of a job, in order: its status, each collected batch with its answers, and its end.

import { findNumberingRun } from '../../../domain/progress/collected.ts';
import type { Store } from '../../../storage/store.ts';
import { type NumberedResult, readAnswers, readBatchTally, readRest } from './answers.ts';
import { type Cursor, endOfEvents, formatCursor, isKnown } from './cursor.ts';
import type { EventWriter } from './event-writer.ts';
import type { JobFeed } from './job-feed.ts';

export interface FollowOptions {
  /** Null begins with the first batch. */
  readonly after: Cursor | null;
  readonly withItems: boolean;
  /** Aborted when the gateway drains: the stream ends, and the reader comes back to another gateway. */
  readonly draining: AbortSignal;
}

/** Where events go. */
type Writer = Pick<EventWriter, 'send' | 'waitFor'>;

/** Ends when the job's last event was sent, or the gateway drains. Throws `ReaderGone`. */
export async function followEvents(
  feed: JobFeed,
  store: Store,
  writer: Writer,
  { after, withItems, draining }: FollowOptions,
): Promise<void> {
  const told = new Told(feed, store, writer, withItems);
  if (after !== null) await told.continueAfter(after);
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
  readonly #feed: JobFeed;
  readonly #store: Store;
  readonly #writer: Writer;
  readonly #withItems: boolean;
  /** The batch that is being told, and the last line of it that was. */
  #number = 1;
  #line: number | null = null;
  /** The run that gave the last number; null before the first batch. */
  #run: string | null = null;
  #status = '';

  constructor(feed: JobFeed, store: Store, writer: Writer, withItems: boolean) {
    this.#feed = feed;
    this.#store = store;
    this.#writer = writer;
    this.#withItems = withItems;
  }

  /** A reader whose last event the job does not have any more begins again. */
  async continueAfter(cursor: Cursor): Promise<void> {
    const { page } = this.#feed;
    const isOfRest = cursor.number === page.total + 1 && page.runs.at(-1)?.[1] === cursor.run;
    if (isKnown(cursor, page) || isOfRest) {
      this.#number = cursor.number;
      this.#line = cursor.line;
      return;
    }
    await this.#beginAgain();
  }

  async #beginAgain(): Promise<void> {
    this.#number = 1;
    this.#line = null;
    this.#run = null;
    await this.#writer.send({
      event: 'reset',
      data: JSON.stringify({ reason: 'the job does not have the last event any more: what follows begins again' }),
    });
  }

  async tellStatus(): Promise<void> {
    const { status } = this.#feed;
    const text = JSON.stringify(status);
    if (status === null || text === this.#status) return;
    this.#status = text;
    await this.#writer.send({ event: 'job', data: text });
  }

  async tellBatches(draining: AbortSignal): Promise<void> {
    const isOther = this.#run !== null && findNumberingRun(this.#feed.page, this.#number - 1) !== this.#run;
    if (isOther) await this.#beginAgain();
    for (; this.#number <= this.#feed.page.total && !draining.aborted; this.#number += 1) {
      await this.#tellBatch(this.#number);
      this.#run = findNumberingRun(this.#feed.page, this.#number);
      this.#line = null;
    }
  }

  async #tellBatch(number: number): Promise<void> {
    const found = this.#feed.findBatch(number);
    const { output } = this.#feed.status ?? {};
    if (found === null || output === undefined) return;
    const [wave, batch] = found;
    const ref = { output, wave, batch };
    const tally = await readBatchTally(this.#store, ref);
    if (this.#line === null) await this.#send('batch', 0, JSON.stringify({ number, wave, batch, ...tally }));
    if (this.#withItems) await this.#tellItems(readAnswers(this.#store, ref, tally, this.#line ?? 0));
  }

  async #tellItems(results: AsyncGenerator<NumberedResult>): Promise<void> {
    for await (const { line, json } of results) {
      await this.#send('item', line, json);
      this.#line = line;
    }
  }

  async tellEnd(): Promise<void> {
    const { end } = this.#feed;
    const folder = end?.results?.replace(/[^/]*$/, '');
    if (this.#withItems && folder !== undefined) {
      await this.#tellItems(readRest(this.#store, folder, this.#line ?? 0));
    }
    await this.#writer.send({ event: 'end', data: JSON.stringify({ state: end?.state }), id: endOfEvents });
  }

  #send(event: string, line: number, data: string): Promise<void> {
    const { page } = this.#feed;
    const run = findNumberingRun(page, this.#number) ?? page.runs.at(-1)?.[1] ?? noRun;
    return this.#writer.send({ event, data, id: formatCursor({ run, number: this.#number, line }) });
  }
}

/** Of a job without a collected batch: everything is in the rest. */
const noRun = '00000000-0000-0000-0000-000000000000';
