// The feeds of the jobs that somebody follows now: one for each job, closed when its last reader leaves.

import type { Nightshift } from '../../nightshift.ts';
import type { JobFeed } from './job-feed.ts';
import { openFeed } from './open-feed.ts';

interface Shared {
  readonly feed: JobFeed;
  readers: number;
}

export class Feeds {
  readonly #jobs: Nightshift;
  readonly #shared = new Map<string, Shared>();

  /** When the gateway drains, all readers look once more, and leave. */
  constructor(jobs: Nightshift, draining: AbortSignal) {
    this.#jobs = jobs;
    draining.addEventListener('abort', () => {
      for (const { feed } of this.#shared.values()) feed.wake();
    });
  }

  /** Call `leave` once when the reader is gone. */
  join(workflowId: string): { readonly feed: JobFeed; readonly leave: () => void } {
    const shared = this.#shared.get(workflowId) ?? { feed: this.#open(workflowId), readers: 0 };
    this.#shared.set(workflowId, shared);
    shared.readers += 1;
    return { feed: shared.feed, leave: () => this.#leave(workflowId, shared) };
  }

  #leave(workflowId: string, shared: Shared): void {
    shared.readers -= 1;
    if (shared.readers > 0) return;
    shared.feed.close();
    if (this.#shared.get(workflowId) === shared) this.#shared.delete(workflowId);
  }

  #open(workflowId: string): JobFeed {
    return openFeed(this.#jobs.client, workflowId, () => this.#jobs.describe(workflowId));
  }
}
