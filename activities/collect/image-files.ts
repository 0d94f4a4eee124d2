// Writes the images of the answers that are kept. An image is written whole before the line that names it, and a repeated attempt writes the
// same file again: nothing is lost or paid twice if this process dies at any point.

import type { MaybePromise } from '../../domain/maybe-promise.ts';
import { imageFile } from '../../job-folder/paths.ts';
import { writeBytes } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';
import type { JudgedLines, LineImage } from '../../threads/tasks/judge-lines.ts';

export class ImageFiles {
  readonly #store: Store;
  readonly #output: string;
  /** Those of one chunk at most. */
  #kept: LineImage[] = [];

  constructor(store: Store, output: string) {
    this.#store = store;
    this.#output = output;
  }

  /** Only for a line that decides: another answer to the same item has other images under the same names. */
  keep({ images }: JudgedLines, line: number): void {
    if (images !== undefined) this.#kept.push(...images.filter((image) => image.line === line));
  }

  /** Resolves when all that were kept are durable. Returns a promise only if there are any. */
  write(): MaybePromise<void> {
    return this.#kept.length === 0 ? undefined : this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    const images = this.#kept;
    this.#kept = [];
    for (const { name, bytes } of images) await writeBytes(this.#store, imageFile(this.#output, name), bytes);
  }
}
