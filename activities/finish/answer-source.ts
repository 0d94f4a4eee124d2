// The lines of one track of answers in row order, scanned by threads block by block: the merge copies most of them without parsing them.

import type { MaybePromise } from '../../domain/maybe-promise.ts';
import type { AnswerFile } from '../../job-folder/answers.ts';
import { Attempt, type AttemptSite } from '../../job-folder/attempts.ts';
import { lineBlocks } from '../../storage/lines/line-blocks.ts';
import type { Store } from '../../storage/store.ts';
import type { Threads } from '../../threads/pool.ts';
import type { ScannedBlock } from '../../threads/tasks/scan-answers.ts';
import { runAhead } from '../run-ahead.ts';
import type { RowSet } from './row-set.ts';

/** Consecutive lines of results: whole, and each the only attempt at its row. */
export interface Run {
  readonly bytes: Uint8Array;
  readonly rows: Float64Array;
  readonly costs: Float64Array;
}

interface Scanned {
  readonly block: ScannedBlock;
  readonly site: AttemptSite;
}

/** Blocks of one track that are being scanned, or wait to be used. */
const blocksMax = 3;

export class AnswerSource {
  readonly #threads: Threads;
  readonly #blocks: AsyncGenerator<Scanned, void>;
  #current: Scanned | null = null;
  #index = 0;
  #isBegun = false;

  constructor(store: Store, threads: Threads, files: AsyncIterable<AnswerFile>) {
    this.#threads = threads;
    this.#blocks = scanAhead(store, threads, files);
  }

  /** Of the present line; infinite after the last one. */
  get row(): number {
    return this.#current?.block.rows[this.#index] ?? Number.POSITIVE_INFINITY;
  }

  /** Whether the present line can be copied if it is the only attempt at its row. */
  get isResult(): boolean {
    return this.#current?.block.isResult[this.#index] === 1;
  }

  /** The present line as an attempt. */
  readAttempt(): Attempt {
    const { block, site } = this.#present;
    const [from, end] = [this.#startOf(this.#index), this.#startOf(this.#index + 1)];
    return new Attempt(Buffer.from(block.bytes.buffer, from, end - 1 - from), site);
  }

  /** Takes lines of results up to a row, without those that a set holds. The present line must be one. */
  takeRun(rowEnd: number, except: RowSet): Run {
    const { block } = this.#present;
    const first = this.#index;
    const { rows, costs, isResult, bytes } = block;
    let next = first + 1;
    while (
      next < rows.length &&
      isResult[next] === 1 &&
      (rows[next] ?? rowEnd) < rowEnd &&
      !except.has(rows[next] ?? 0)
    ) {
      next += 1;
    }
    const run = bytes.subarray(this.#startOf(first), this.#startOf(next));
    this.#index = next;
    return { bytes: run, rows: rows.subarray(first, next), costs: costs.subarray(first, next) };
  }

  /** Moves past the present line. */
  skip(): void {
    this.#index += 1;
  }

  /** Call it when the lines that were taken are used: the next block takes their place. Returns a promise only if it must be waited for. */
  settle(): MaybePromise<void> {
    if (this.#isBegun && (this.#current === null || this.#index < this.#current.block.rows.length)) return undefined;
    return this.#advance();
  }

  async close(): Promise<void> {
    this.#current = null;
    await this.#blocks.return();
  }

  async #advance(): Promise<void> {
    this.#isBegun = true;
    do {
      if (this.#current !== null) this.#threads.stock.give(this.#current.block.bytes.buffer);
      const { value, done } = await this.#blocks.next();
      this.#current = done === true ? null : value;
      this.#index = 0;
    } while (this.#current !== null && this.#current.block.rows.length === 0);
  }

  get #present(): Scanned {
    if (this.#current === null) throw new Error('there is no line any more');
    return this.#current;
  }

  #startOf(line: number): number {
    return line === 0 ? 0 : (this.#current?.block.ends[line - 1] ?? 0);
  }
}

interface Unscanned {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly site: AttemptSite;
}

const scanAhead = (store: Store, threads: Threads, files: AsyncIterable<AnswerFile>): AsyncGenerator<Scanned, void> =>
  runAhead(readBlocks(store, threads, files), blocksMax, async ({ bytes, site }) => {
    const block = await threads.run('scanAnswers', { bytes });
    return { block, site };
  });

async function* readBlocks(
  store: Store,
  threads: Threads,
  files: AsyncIterable<AnswerFile>,
): AsyncGenerator<Unscanned> {
  for await (const { uri, site } of files) {
    for await (const block of lineBlocks(store.read(uri))) {
      const bytes = new Uint8Array(threads.stock.take(block.length), 0, block.length);
      bytes.set(block);
      yield { bytes, site };
    }
  }
}
