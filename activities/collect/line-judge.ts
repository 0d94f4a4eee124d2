// Sends lines of output to threads in chunks, and hands on what came back in the order of the lines. Chunks are cut by lines and bytes alone, so
// the same output is judged in the same chunks by any number of threads.

import { isPending, type MaybePromise } from '../../domain/maybe-promise.ts';
import type { JournalNote } from '../../job-folder/journals.ts';
import { chunkBytesMax, chunkLinesMax, chunksAhead } from '../../threads/chunk-bounds.ts';
import { copyLines, LinePacker, type PackedLines, splitLines } from '../../threads/packed-lines.ts';
import type { Threads } from '../../threads/pool.ts';
import { ThreadDied } from '../../threads/pooled-thread.ts';
import { type JudgedLines, unreadableLine } from '../../threads/tasks/judge-lines.ts';

/** Called for each line in the order of the output. */
export interface LineTaker {
  /** Before the lines of a chunk. */
  chunk(judged: JudgedLines): void;
  note(note: JournalNote): void;
  line(judged: JudgedLines, index: number): void;
  /** After the lines of a chunk. Returns a promise only if something must be waited for. */
  endChunk(): MaybePromise<void>;
}

/** Lines that are being judged: a chunk is larger than others if a single line is. */
const bytesAheadMax = 32 * 1024 * 1024;

interface Sent {
  readonly bytes: number;
  readonly judged: Promise<readonly JudgedLines[]>;
  /** Notes before a line of the chunk, or after its last. */
  readonly notes: ReadonlyMap<number, readonly JournalNote[]>;
}

export class LineJudge {
  readonly #threads: Threads;
  readonly #settings: string;
  readonly #taker: LineTaker;
  readonly #sent: Sent[] = [];
  #sentBytes = 0;
  #packer: LinePacker | null = null;
  #notes = new Map<number, JournalNote[]>();

  constructor(threads: Threads, settings: string, taker: LineTaker) {
    this.#threads = threads;
    this.#settings = settings;
    this.#taker = taker;
  }

  add(line: Uint8Array): void {
    this.#packer ??= new LinePacker(this.#threads.stock, chunkLinesMax);
    this.#packer.addBytes(line);
    this.#packer.endLine();
    if (this.#packer.lines >= chunkLinesMax || this.#packer.bytes >= chunkBytesMax) this.#send();
  }

  /** It stands between the lines that were added before it and those after it. */
  addNote(note: JournalNote): void {
    const at = this.#packer?.lines ?? 0;
    this.#notes.set(at, [...(this.#notes.get(at) ?? []), note]);
  }

  /** Resolves when threads can take further chunks. Fails if a thread fails. */
  async waitForRoom(): Promise<void> {
    while (this.#sent.length > this.#threads.size + chunksAhead || this.#sentBytes > bytesAheadMax) {
      await this.#takeOldest();
    }
  }

  /** Resolves when everything that was added is handed on. */
  async finish(): Promise<void> {
    if (this.#packer !== null || this.#notes.size > 0) this.#send();
    while (this.#sent.length > 0) await this.#takeOldest();
  }

  #send(): void {
    const lines = this.#packer?.finish() ?? null;
    const judged = lines === null ? Promise.resolve([]) : this.#judge(lines);
    judged.catch(() => undefined); // It fails where it is awaited.
    const bytes = this.#packer?.bytes ?? 0;
    this.#sent.push({ bytes, judged, notes: this.#notes });
    this.#sentBytes += bytes;
    this.#packer = null;
    this.#notes = new Map();
  }

  async #takeOldest(): Promise<void> {
    const oldest = this.#sent.shift();
    if (oldest === undefined) return;
    this.#sentBytes -= oldest.bytes;
    let number = 0;
    for (const judged of await oldest.judged) {
      this.#taker.chunk(judged);
      for (let index = 0; index < judged.kinds.length; index++, number++) {
        for (const note of oldest.notes.get(number) ?? []) this.#taker.note(note);
        this.#taker.line(judged, index);
      }
      const waits = this.#taker.endChunk();
      if (isPending(waits)) await waits;
      this.#threads.stock.give(judged.texts.bytes.buffer);
    }
    for (const note of oldest.notes.get(number) ?? []) this.#taker.note(note);
  }

  /** A line that ends its thread, together with others and then alone, is as unreadable as one that is not JSON. */
  async #judge(lines: PackedLines): Promise<readonly JudgedLines[]> {
    const { stock } = this.#threads;
    const copy = copyLines(lines, stock);
    try {
      return [await this.#run(lines)];
    } catch (error) {
      if (!(error instanceof ThreadDied)) throw error;
      const judged: JudgedLines[] = [];
      for (const line of splitLines(copy)) judged.push(await this.#judgeAlone(line));
      return judged;
    } finally {
      stock.give(copy.bytes.buffer);
    }
  }

  async #judgeAlone(line: PackedLines): Promise<JudgedLines> {
    try {
      return await this.#run(line);
    } catch (error) {
      if (!(error instanceof ThreadDied)) throw error;
      return unreadableLine();
    }
  }

  #run(lines: PackedLines): Promise<JudgedLines> {
    return this.#threads.run('judgeLines', { settings: this.#settings, lines });
  }
}
