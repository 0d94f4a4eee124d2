// A job's events and results as an async iterator. It reads Temporal and the store itself: no gateway is needed.

import type { Client } from '@temporalio/client';
import type { Json, Tally } from '../domain/outcome/outcome.ts';
import type { JobStatus } from '../domain/progress/status.ts';
import type { Store } from '../storage/store.ts';
import { endOfEvents, parseCursor } from './gateway/events/cursor.ts';
import { ReaderGone, type ServerEvent } from './gateway/events/event-writer.ts';
import { type EventSink, followEvents } from './gateway/events/follow.ts';
import type { FeedSource } from './gateway/events/job-feed.ts';
import { openFeed } from './gateway/events/open-feed.ts';
import { Turns } from './gateway/events/turns.ts';
import type { ListedJob } from './job-list.ts';
import type { Result } from './results.ts';

/** The ids of `chunk`, `batch`, `item` and `end` are for `after`. */
export type JobEvent<Output = Json> =
  | { readonly event: 'job'; readonly id: null; readonly data: JobStatus }
  /** Before the items of a part of a batch that still runs, in the realtime lane. */
  | { readonly event: 'chunk'; readonly id: string; readonly data: ChunkEvent }
  | { readonly event: 'batch'; readonly id: string; readonly data: CollectedEvent }
  | { readonly event: 'item'; readonly id: string; readonly data: Result<Output> }
  /** The job was reset, and does not have the event of `after` any more: drop what you have, everything comes again. */
  | { readonly event: 'reset'; readonly id: null; readonly data: { readonly reason: string } }
  | { readonly event: 'end'; readonly id: string; readonly data: { readonly state: ListedJob['state'] } };

/** A batch whose answers were collected. One that `reuse` carried over has no figures. */
export interface CollectedEvent extends Partial<Omit<Tally, 'wave' | 'batch' | 'late'>> {
  /** In the order in which batches and chunks were collected, from 1. */
  readonly number: number;
  readonly wave: number;
  readonly batch: number;
}

/** Items of a batch of the realtime lane whose answers are there, while the batch still runs. */
export interface ChunkEvent {
  /** Batches and chunks are numbered together, from 1. */
  readonly number: number;
  readonly wave: number;
  readonly batch: number;
  /** The places of its first and its last item in the batch, from 1. */
  readonly from: number;
  readonly to: number;
}

export interface EventsOptions {
  /** The id of the last event that was seen. Default: begins with the first. */
  readonly after?: string;
  /** Default: true. */
  readonly items?: boolean;
}

interface Source {
  readonly client: Client;
  readonly store: Store;
  readonly describe: FeedSource['describe'];
}

export async function* listEvents<Output>(
  { client, store, describe }: Source,
  id: string,
  { after, items = true }: EventsOptions,
): AsyncGenerator<JobEvent<Output>> {
  if (after === endOfEvents) return;
  const cursor = after === undefined ? null : parseCursor(after);
  if (after !== undefined && cursor === null) {
    throw new Error('after: not an id of an event; leave it out to begin with the first');
  }
  const feed = openFeed(client, id, describe);
  const left = new AbortController();
  const hand = new Handover();
  try {
    await feed.opened;
    const parts = { feed, store, writer: hand, turns: new Turns() };
    followEvents(parts, { after: cursor, withItems: items, draining: left.signal }).then(
      () => hand.end(),
      (error: unknown) => hand.fail(error),
    );
    for (let next = await hand.take(); next !== null; next = await hand.take()) {
      const { event, data, id: eventId = null } = next;
      yield { event, id: eventId, data: JSON.parse(data) } as JobEvent<Output>;
    }
  } finally {
    left.abort();
    hand.leave();
    feed.close();
  }
}

/** Hands over one event at a time: the next one is read only when the reader has taken the last. */
class Handover implements EventSink {
  /** Null after the last event. */
  #offer = Promise.withResolvers<ServerEvent | null>();
  /** What `send` or `waitFor` waits for now. Each has its own: a promise that lives as long as the job would keep one entry for each event. */
  #waiting = Promise.withResolvers<void>();
  #isLeft = false;

  constructor() {
    // Nobody may wait when it fails.
    this.#offer.promise.catch(() => undefined);
    this.#waiting.promise.catch(() => undefined);
  }

  send(event: ServerEvent): Promise<void> {
    const taken = this.#wait();
    this.#offer.resolve(event);
    return taken;
  }

  waitFor(change: Promise<void>): Promise<void> {
    const changed = this.#wait();
    const { resolve } = this.#waiting;
    void change.then(resolve);
    return changed;
  }

  /** `send` has waited until the last event was taken. */
  async awaitRoom(): Promise<void> {
    if (this.#isLeft) throw new ReaderGone();
  }

  async hasRoomSoon(): Promise<boolean> {
    return true;
  }

  async take(): Promise<ServerEvent | null> {
    const event = await this.#offer.promise;
    this.#offer = Promise.withResolvers();
    this.#offer.promise.catch(() => undefined);
    this.#waiting.resolve();
    return event;
  }

  end(): void {
    this.#offer.resolve(null);
  }

  fail(error: unknown): void {
    this.#offer.reject(error);
  }

  /** The reader takes nothing any more. */
  leave(): void {
    this.#isLeft = true;
    this.#waiting.reject(new ReaderGone());
  }

  #wait(): Promise<void> {
    this.#waiting = Promise.withResolvers();
    // It may be rejected before somebody waits.
    this.#waiting.promise.catch(() => undefined);
    if (this.#isLeft) this.#waiting.reject(new ReaderGone());
    return this.#waiting.promise;
  }
}
