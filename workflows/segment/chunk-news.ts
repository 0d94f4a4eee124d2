// How often a segment tells its job of the chunks of its realtime batches: each signal costs the job's history four events, and a job cannot
// continue as new while a segment is open.

/** As many signals are sent when a chunk ends. */
const promptMax = 250;
/**
 * After them, there is one in so much time, as for each change of why batches wait. Chunks that are not told come with the next one, or with the
 * end of their batch.
 */
export const waitNewsMs = 60_000;

export class ChunkNews {
  #sent = 0;
  #sentAt = 0;

  /** Whether the end of a chunk is worth a signal now. It then counts as sent. */
  take(now: number): boolean {
    if (this.#sent >= promptMax && now < this.#sentAt + waitNewsMs) return false;
    this.#sent += 1;
    this.#sentAt = now;
    return true;
  }
}
