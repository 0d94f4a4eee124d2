// Keeps one outcome for each item, in whatever order outcomes come: the first answer, or else the first error.

import { itemReasons, type Outcome } from '../../domain/outcome/outcome.ts';
import { figuresPerLine, type JudgedLines, lineKinds } from '../../threads/tasks/judge-lines.ts';
import { formatOutcome } from '../../threads/tasks/outcome-text.ts';
import type { Place, ScratchFile } from '../scratch-file.ts';
import type { BatchCounts } from './batch-counts.ts';

/** Memory holds the outcomes' figures and places; their texts are in a scratch file. */
export class FirstAnswers {
  readonly #texts: ScratchFile;
  /** By place: one of `lineKinds`, 0 if nothing is kept yet. */
  readonly #kinds: Uint8Array;
  readonly #reasons: Uint8Array;
  readonly #figures: Float64Array;
  readonly #offsets: Float64Array;
  readonly #lengths: Uint32Array;
  #count = 0;
  #chunkOffset = 0;

  constructor(texts: ScratchFile, items: number) {
    this.#texts = texts;
    this.#kinds = new Uint8Array(items);
    this.#reasons = new Uint8Array(items);
    this.#figures = new Float64Array(items * figuresPerLine);
    this.#offsets = new Float64Array(items);
    this.#lengths = new Uint32Array(items);
  }

  /** The number of items with an outcome. */
  get count(): number {
    return this.#count;
  }

  has(place: number): boolean {
    return this.#kinds[place] !== 0;
  }

  isAnswered(place: number): boolean {
    return this.#kinds[place] === lineKinds.answered;
  }

  /** Keeps the texts of a chunk together: `keepLine` is then called for its lines. */
  beginChunk({ texts }: JudgedLines): void {
    this.#chunkOffset = this.#texts.append(texts.bytes).offset;
  }

  /** False if nothing is kept of the line, because the item has an answer already. */
  keepLine(place: number, judged: JudgedLines, line: number, isExhausted: boolean): boolean {
    const kind = judged.kinds[line] ?? 0;
    if (!this.#takes(place, kind)) return false;
    const from = line === 0 ? 0 : (judged.texts.ends[line - 1] ?? 0);
    const length = (judged.texts.ends[line] ?? 0) - from;
    const reason = judged.reasons[line] ?? 0;
    if (isExhausted && kind === lineKinds.retryable) {
      const text = rejectText(judged.texts.bytes.subarray(from, from + length));
      this.#keep(place, lineKinds.rejected, reason, this.#texts.append(text));
    } else {
      this.#keep(place, kind, reason, { offset: this.#chunkOffset + from, length });
    }
    for (let figure = 0; figure < figuresPerLine; figure++) {
      this.#figures[place * figuresPerLine + figure] = judged.figures[line * figuresPerLine + figure] ?? Number.NaN;
    }
    return true;
  }

  /** For an item of which there is no line to read. */
  keepOutcome(place: number, outcome: Outcome): void {
    const kind = lineKinds[outcome.kind];
    if (!this.#takes(place, kind)) return;
    const reason = outcome.reason === undefined ? 0 : itemReasons.indexOf(outcome.reason) + 1;
    this.#keep(place, kind, reason, this.#texts.append(formatOutcome(outcome)));
    const at = place * figuresPerLine;
    this.#figures.fill(Number.NaN, at, at + figuresPerLine);
    this.#figures[at + figuresPerLine - 1] = outcome.costUsd ?? Number.NaN;
  }

  /** Adds every outcome. */
  sumInto(counts: BatchCounts): void {
    for (let place = 0; place < this.#kinds.length; place++) {
      const kind = this.#kinds[place] ?? 0;
      if (kind !== 0) counts.add(kind, this.#reasons[place] ?? 0, this.#figures, place * figuresPerLine);
    }
  }

  /** Copies the text of an item's outcome, and returns its end. */
  copyText(place: number, into: Buffer, at: number): number {
    const length = this.#lengths[place] ?? 0;
    this.#texts.copy({ offset: this.#offsets[place] ?? 0, length }, into, at);
    return at + length;
  }

  textBytes(place: number): number {
    return this.#lengths[place] ?? 0;
  }

  /** An answer replaces an earlier error; nothing replaces an answer. */
  #takes(place: number, kind: number): boolean {
    const kept = this.#kinds[place];
    return kept === 0 || (kept !== lineKinds.answered && kind === lineKinds.answered);
  }

  #keep(place: number, kind: number, reason: number, { offset, length }: Place): void {
    if (!this.has(place)) this.#count += 1;
    this.#kinds[place] = kind;
    this.#reasons[place] = reason;
    this.#offsets[place] = offset;
    this.#lengths[place] = length;
  }
}

/** The outcome of an item that may not be sent once more. */
const rejectText = (text: Uint8Array): string =>
  Buffer.from(text).toString().replace('"kind":"retryable"', '"kind":"rejected"');
