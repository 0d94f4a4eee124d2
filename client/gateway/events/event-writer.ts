// Writes server-sent events to one reader. It takes the next event only when the reader has room for it, so nothing piles up. A reader that takes
// nothing for a while is cut off.

import type { ServerResponse } from 'node:http';

export interface ServerEvent {
  readonly event: string;
  /** JSON. */
  readonly data: string;
  /** Absent: the event has no place in the order, and the reader keeps the id that it had. */
  readonly id?: string;
}

export interface WriterLimits {
  readonly writeMs: number;
  readonly heartbeatMs: number;
}

/** The reader is gone, or was cut off. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/** After a cut, a browser comes back after so long. */
const retryMs = 2000;
/** A reader that takes nothing for so long gives back what is read ahead for it. */
const soonMs = 50;

export class EventWriter {
  readonly #response: ServerResponse;
  readonly #limits: WriterLimits;
  readonly #gone = new AbortController();

  constructor(response: ServerResponse, limits: WriterLimits) {
    this.#response = response;
    this.#limits = limits;
    response.once('close', () => this.#gone.abort());
    response.on('error', () => this.#gone.abort());
  }

  /** Aborted when the reader has left. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  async open(): Promise<void> {
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Proxies would collect events.
      'x-accel-buffering': 'no',
    });
    await this.#write(`retry: ${retryMs}\n\n`);
  }

  send({ event, data, id }: ServerEvent): Promise<void> {
    const first = id === undefined ? '' : `id: ${id}\n`;
    return this.#write(`${first}event: ${event}\ndata: ${data}\n\n`);
  }

  /** Waits for a change; throws if the reader leaves. Meanwhile, comments keep the connection open, and show whether the reader is still there. */
  async waitFor(change: Promise<void>): Promise<void> {
    for (;;) {
      const beat = Promise.withResolvers<'beat'>();
      const timer = setTimeout(() => beat.resolve('beat'), this.#limits.heartbeatMs);
      const left = onceAborted(this.gone);
      try {
        const first = await Promise.race([change, beat.promise, left.promise]);
        if (this.gone.aborted) throw new ReaderGone();
        if (first !== 'beat') return;
      } finally {
        clearTimeout(timer);
        left.forget();
      }
      await this.#write(': still here\n\n');
    }
  }

  /** Whether the reader has room within a moment. */
  async hasRoomSoon(): Promise<boolean> {
    await this.#awaitRoom(soonMs);
    return !this.#response.writableNeedDrain;
  }

  async awaitRoom(): Promise<void> {
    await this.#awaitRoom(this.#limits.writeMs);
    if (this.#response.writableNeedDrain) this.cutOff();
    if (this.gone.aborted) throw new ReaderGone();
  }

  /** Resolves when the reader has everything. */
  async end(): Promise<void> {
    await this.awaitRoom();
    const timer = setTimeout(() => this.cutOff(), this.#limits.writeMs);
    this.#response.once('close', () => clearTimeout(timer));
    this.#response.end();
  }

  async #write(text: string): Promise<void> {
    await this.awaitRoom();
    this.#response.write(text);
  }

  /** The reader comes back, and continues after its last event. */
  cutOff(): void {
    this.#gone.abort();
    this.#response.destroy();
  }

  async #awaitRoom(ms: number): Promise<void> {
    if (this.gone.aborted || !this.#response.writableNeedDrain) return;
    const over = Promise.withResolvers<void>();
    const onOver = (): void => over.resolve();
    const timer = setTimeout(onOver, ms);
    const left = onceAborted(this.gone);
    this.#response.once('drain', onOver);
    try {
      await Promise.race([over.promise, left.promise]);
    } finally {
      clearTimeout(timer);
      left.forget();
      this.#response.removeListener('drain', onOver);
    }
  }
}

function onceAborted(signal: AbortSignal): { readonly promise: Promise<void>; readonly forget: () => void } {
  const aborted = Promise.withResolvers<void>();
  const onAbort = (): void => aborted.resolve();
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return { promise: aborted.promise, forget: () => signal.removeEventListener('abort', onAbort) };
}
