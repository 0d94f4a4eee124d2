// Judged answers wait here in the order they came in, to be read back in row order: memory holds places, not answers.

import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import type { AnswerLine } from '../domain/outcome.ts';

/** A line of answers without what names its item. */
export type Outcome = Omit<AnswerLine, 'row' | 'id' | 'key' | 'customId'>;

export class AnswerSpill {
  readonly #path: string;
  readonly #file: number;
  readonly #offsets: Float64Array;
  readonly #lengths: Uint32Array;
  readonly #answered: Uint8Array;
  #end = 0;

  constructor(path: string, items: number) {
    this.#path = path;
    this.#file = openSync(path, 'w+');
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

  keep(index: number, line: string, answered: boolean): void {
    const bytes = Buffer.from(line);
    writeSync(this.#file, bytes, 0, bytes.length, this.#end);
    this.#offsets[index] = this.#end;
    this.#lengths[index] = bytes.length;
    this.#answered[index] = answered ? 1 : 0;
    this.#end += bytes.length;
  }

  read(index: number): Outcome {
    const bytes = Buffer.allocUnsafe(this.#lengths[index] ?? 0);
    readSync(this.#file, bytes, 0, bytes.length, this.#offsets[index] ?? 0);
    return JSON.parse(bytes.toString());
  }

  close(): void {
    closeSync(this.#file);
    rmSync(this.#path, { force: true });
  }
}
