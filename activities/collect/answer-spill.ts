// Judged answers wait here in the order they came in, to be read back in row order: in memory while they are few, then in a file.

import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import type { AnswerLine } from '../../domain/outcome/outcome.ts';

/** A line of answers without what names its item. */
export type Outcome = Omit<AnswerLine, 'row' | 'id' | 'key' | 'customId' | 'semantic'>;

/** Held in memory before anything goes to the file. */
const memoryBytes = 12 * 1024 * 1024;
/** Read at once: answers mostly come in the order that they are wanted in. */
const windowBytes = 64 * 1024;

export class AnswerSpill {
  readonly #path: string;
  readonly #offsets: Float64Array;
  readonly #lengths: Uint32Array;
  readonly #answered: Uint8Array;
  #file: number | null = null;
  /** What the file holds; the block comes after it. */
  #written = 0;
  #block: Buffer;
  #used = 0;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;

  constructor(path: string, items: number) {
    this.#path = path;
    this.#block = Buffer.allocUnsafeSlow(memoryBytes);
    this.#offsets = new Float64Array(items);
    this.#lengths = new Uint32Array(items);
    this.#answered = new Uint8Array(items);
  }

  has(index: number): boolean {
    return this.#lengths[index] !== 0;
  }

  isAnswered(index: number): boolean {
    return this.#answered[index] === 1;
  }

  keep(index: number, outcome: string, answered: boolean): void {
    // Three bytes a character at most.
    const most = 3 * outcome.length;
    if (this.#used + most > this.#block.length) this.#flush();
    if (most > this.#block.length) this.#block = Buffer.allocUnsafeSlow(most);
    const bytes = this.#block.write(outcome, this.#used);
    this.#offsets[index] = this.#written + this.#used;
    this.#lengths[index] = bytes;
    this.#answered[index] = answered ? 1 : 0;
    this.#used += bytes;
  }

  read(index: number): string {
    const offset = this.#offsets[index] ?? 0;
    const length = this.#lengths[index] ?? 0;
    if (offset >= this.#written) {
      return this.#block.toString('utf8', offset - this.#written, offset - this.#written + length);
    }
    const isInside = offset >= this.#windowAt && offset + length <= this.#windowAt + this.#window.length;
    if (!isInside) this.#look(offset, Math.max(length, windowBytes));
    const from = offset - this.#windowAt;
    return this.#window.toString('utf8', from, from + length);
  }

  close(): void {
    if (this.#file === null) return;
    closeSync(this.#file);
    rmSync(this.#path, { force: true });
  }

  #look(offset: number, bytes: number): void {
    const window = Buffer.allocUnsafeSlow(Math.min(bytes, this.#written - offset));
    readSync(this.#file ?? -1, window, 0, window.length, offset);
    this.#window = window;
    this.#windowAt = offset;
  }

  #flush(): void {
    this.#file ??= openSync(this.#path, 'w+');
    for (let done = 0; done < this.#used; ) {
      done += writeSync(this.#file, this.#block, done, this.#used - done, this.#written + done);
    }
    this.#written += this.#used;
    this.#used = 0;
  }
}
