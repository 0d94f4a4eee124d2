// What is new in one job, asked for twice a second, however many readers there are.

import { type CollectedEntry, type CollectedPage, Reached } from '../../../domain/progress/collected.ts';
import type { JobStatus } from '../../../domain/progress/status.ts';
import type { JobEvents } from '../../../workflows/messages.ts';
import type { ListedJob } from '../../job-list.ts';

/** A batch whose answers are there, or a chunk of one. */
export interface FeedEntry {
  readonly wave: number;
  readonly batch: number;
  /** Its items are those after this place of the batch: chunks with lower numbers have the others. */
  readonly from: number;
  /** The place of its last item; null up to the end of the batch. */
  readonly to: number | null;
}

/** How a job is asked. */
export interface FeedSource {
  askEvents(after: number): Promise<JobEvents>;
  describe(): Promise<Pick<ListedJob, 'state' | 'results'>>;
}

/** An event is at most so late; the target for 99 of 100 events is a second. */
const askEveryMs = 500;

export class JobFeed {
  readonly #source: FeedSource;
  readonly #left = new AbortController();
  #entries: CollectedEntry[] = [];
  /** By number from 0: where the entry's items begin. */
  #starts: number[] = [];
  #reached = new Reached();
  #runs: CollectedPage['runs'] = [];
  /** Null until a worker has answered. */
  status: JobStatus | null = null;
  /** Null while the job runs. */
  end: Pick<ListedJob, 'state' | 'results'> | null = null;
  #changed = Promise.withResolvers<void>();
  #first = Promise.withResolvers<void>();

  constructor(source: FeedSource) {
    this.#source = source;
    // Nobody may wait for it any more.
    this.#first.promise.catch(() => undefined);
    void this.#keepAsking();
  }

  /** Resolves when the job was first asked. Rejects if there is no such job. */
  get opened(): Promise<void> {
    return this.#first.promise;
  }

  /** Resolves with the next change. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  get page(): CollectedPage {
    return { total: this.#entries.length, batches: this.#entries, runs: this.#runs };
  }

  /** Null if nothing has the number. */
  findEntry(number: number): FeedEntry | null {
    const found = this.#entries[number - 1];
    if (found === undefined) return null;
    const [wave, batch, to = null] = found;
    return { wave, batch, from: this.#starts[number - 1] ?? 0, to };
  }

  /** Lets the readers look, although nothing has changed. */
  wake(): void {
    this.#announce();
  }

  close(): void {
    this.#left.abort();
  }

  async #keepAsking(): Promise<void> {
    while (!this.#left.signal.aborted && this.end === null) {
      const began = performance.now();
      try {
        await this.#ask();
        this.#first.resolve();
      } catch (error) {
        // Later, a server or a worker that does not answer may be back.
        this.#first.reject(error);
      }
      this.#announce();
      if (this.end === null) await pause(Math.max(0, askEveryMs - (performance.now() - began)), this.#left.signal);
    }
  }

  async #ask(): Promise<void> {
    const [described] = await Promise.all([this.#source.describe(), this.#askWorker().catch(() => undefined)]);
    if (described.state === 'running') return;
    // The last batches may have come between the two answers. No worker may be left that could tell them: the reader is not kept waiting for one.
    await this.#askWorker().catch(() => undefined);
    this.end = described;
  }

  async #askWorker(): Promise<void> {
    for (;;) {
      const { status, collected } = await this.#source.askEvents(this.#entries.length);
      this.status = status;
      // After a reset, the job may have numbered less, or something else.
      if (!this.#continues(collected)) {
        this.#entries = [];
        this.#starts = [];
        this.#reached = new Reached();
        this.#runs = [];
        continue;
      }
      this.#entries.push(...collected.batches);
      this.#starts.push(...collected.batches.map((entry) => this.#reached.take(entry)));
      this.#runs = collected.runs;
      if (this.#entries.length >= collected.total || collected.batches.length === 0) return;
    }
  }

  #continues({ total, runs }: CollectedPage): boolean {
    return (
      total >= this.#entries.length &&
      this.#runs.every(([first, run], index) => {
        const [nowFirst, nowRun] = runs[index] ?? [];
        return nowFirst === first && nowRun === run;
      })
    );
  }

  #announce(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

function pause(ms: number, left: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    left.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
