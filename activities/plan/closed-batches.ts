// The batches of a wave that are closed or being closed.

import type { Lane } from '../../domain/outcome/outcome.ts';
import type { BatchFiles } from '../../job-folder/plan/batch-files.ts';
import type { ManifestEntry } from '../../job-folder/plan/manifest.ts';

export class ClosedBatches {
  readonly #entries: ManifestEntry[];
  #closing: Promise<void> | null = null;

  /** `earlier` are batches that an earlier planner of the same wave closed. */
  constructor(earlier: readonly ManifestEntry[]) {
    this.#entries = [...earlier];
  }

  /** In the order in which they were closed; a batch that is being closed is missing until `settle` resolves. */
  get entries(): readonly ManifestEntry[] {
    return this.#entries;
  }

  /** Includes those that are being closed. */
  get count(): number {
    return this.#entries.length + (this.#closing === null ? 0 : 1);
  }

  /** Starts closing a batch, so that the next one is written while this one becomes durable. One at a time: call `settle` first. */
  startClosing(files: BatchFiles, lane: Lane): void {
    this.#closing = this.#close(files, lane);
    this.#closing.catch(() => undefined); // The next `settle` fails with it.
  }

  /** Waits for the batch that is being closed; fails if it cannot be closed. */
  async settle(): Promise<void> {
    await this.#closing;
  }

  async #close(files: BatchFiles, lane: Lane): Promise<void> {
    this.#entries.push(await files.close(lane));
    this.#closing = null;
  }
}
