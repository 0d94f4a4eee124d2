// What is new in one job, asked for twice a second, however many readers there are.

import type { CollectedBatch, CollectedPage } from '../../../domain/progress/collected.ts';
import type { JobStatus } from '../../../domain/progress/status.ts';
import type { JobEvents } from '../../../workflows/messages.ts';
import type { ListedJob } from '../../job-list.ts';

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
  #batches: CollectedBatch[] = [];
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
    return { total: this.#batches.length, batches: this.#batches, runs: this.#runs };
  }

  /** Null if no batch has the number. */
  findBatch(number: number): CollectedBatch | null {
    return this.#batches[number - 1] ?? null;
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
      const { status, collected } = await this.#source.askEvents(this.#batches.length);
      this.status = status;
      // After a reset, the job may have numbered fewer batches, or others.
      if (!this.#continues(collected)) {
        this.#batches = [];
        this.#runs = [];
        continue;
      }
      this.#batches.push(...collected.batches);
      this.#runs = collected.runs;
      if (this.#batches.length >= collected.total || collected.batches.length === 0) return;
    }
  }

  #continues({ total, runs }: CollectedPage): boolean {
    return (
      total >= this.#batches.length &&
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
