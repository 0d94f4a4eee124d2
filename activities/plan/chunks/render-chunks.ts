// Renders a dataset's chunks on threads, several at the same time, and returns them in order.

import type { JobFile } from '../../../domain/job.ts';
import type { DatasetPosition } from '../../../storage/formats/rows.ts';
import type { Store } from '../../../storage/store.ts';
import { chunkBytesMax, chunkLinesMax, chunksAhead } from '../../../threads/chunk-bounds.ts';
import type { PackedLines } from '../../../threads/packed-lines.ts';
import type { Threads } from '../../../threads/pool.ts';
import { ThreadDied } from '../../../threads/pooled-thread.ts';
import type { RenderSettings } from '../../../threads/tasks/render-rows.ts';
import { makeColumns, type RenderedRows } from '../../../threads/tasks/rendered-rows.ts';
import { runAhead } from '../../run-ahead.ts';
import type { RenderedChunk } from './chunk-row.ts';
import { type ChunkBounds, cutChunks, type RowChunk } from './cut-chunks.ts';

export interface RenderOptions {
  readonly store: Store;
  readonly threads: Threads;
  readonly job: JobFile;
  readonly dialect: RenderSettings['dialect'];
  readonly from: DatasetPosition;
  readonly signal: AbortSignal;
}

interface SettledChunk {
  readonly chunk: RowChunk;
  readonly counted: CountedRows | ThreadDied;
}

type CountedRows = Pick<RenderedChunk, 'rendered' | 'sampled'>;

/** A chunk is valid until the next one is asked for. */
export async function* renderChunks(options: RenderOptions): AsyncGenerator<RenderedChunk> {
  const { threads, from, signal } = options;
  const renderer = new ChunkRenderer(options);
  const chunks = runAhead(renderer.cut(from, chunkLinesMax), threads.size + chunksAhead, (chunk) => {
    signal.throwIfAborted();
    return renderer.render(chunk);
  });
  for await (const settled of chunks) yield* renderer.finish(settled);
}

class ChunkRenderer {
  readonly #options: RenderOptions;
  readonly #settings: string;
  readonly #bytesPerRow: number;

  constructor(options: RenderOptions) {
    const { dialect, job } = options;
    const { spec, prices, planNonce } = job;
    const settings: RenderSettings = { dialect, job: { spec, prices, planNonce } };
    this.#options = options;
    this.#settings = JSON.stringify(settings);
    this.#bytesPerRow = spec.request === null ? 0 : Buffer.byteLength(JSON.stringify(spec.request));
  }

  cut(from: DatasetPosition, rowsMax: number): AsyncGenerator<RowChunk> {
    const { store, job, signal, threads } = this.#options;
    const bounds: ChunkBounds = { rowsMax, bytesMax: chunkBytesMax, bytesPerRow: this.#bytesPerRow };
    return cutChunks({ store, dataset: job.spec.dataset, from, signal, stock: threads.stock, bounds });
  }

  async render(chunk: RowChunk): Promise<SettledChunk> {
    const rendered = await this.#run(chunk);
    return { chunk, counted: rendered instanceof ThreadDied ? rendered : await this.#count(rendered) };
  }

  /** Several chunks if the thread died: then each row is rendered alone. */
  async *finish({ chunk, counted }: SettledChunk): AsyncGenerator<RenderedChunk> {
    if (counted instanceof ThreadDied) {
      yield* this.#renderOneByOne(chunk);
    } else {
      yield* this.#lend(chunk, counted);
    }
  }

  async *#renderOneByOne({ from, count }: RowChunk): AsyncGenerator<RenderedChunk> {
    let left = count;
    // The rows were moved to the thread that died, so they are read again.
    for await (const row of this.cut(from, 1)) {
      const { counted } = await this.render(row);
      yield* this.#lend(row, counted instanceof ThreadDied ? refuseRow(counted) : counted);
      left -= 1;
      if (left === 0) return;
    }
  }

  *#lend(chunk: RowChunk, counted: CountedRows): Generator<RenderedChunk> {
    yield { ...chunk, ...counted };
    const { rendered } = counted;
    const { stock } = this.#options.threads;
    stock.give(rendered.requests.bytes.buffer);
    stock.give(rendered.items.bytes.buffer);
  }

  async #run({ from, lines }: RowChunk): Promise<RenderedRows | ThreadDied> {
    const firstRow = from.row + 1;
    try {
      return await this.#options.threads.run('renderRows', { settings: this.#settings, firstRow, lines });
    } catch (error) {
      if (error instanceof ThreadDied) return error;
      throw error;
    }
  }

  /** If the thread dies, that says nothing about the rows: the attempt fails. */
  async #count(rendered: RenderedRows): Promise<CountedRows> {
    const { prompts } = rendered;
    const sampled = prompts.length === 0 ? [] : await this.#options.threads.run('countTokens', { prompts });
    return { rendered, sampled };
  }
}

/** It ended a thread twice: together with other rows, and alone. */
function refuseRow({ isHeapFull }: ThreadDied): CountedRows {
  const nothing = (): PackedLines => ({ bytes: new Uint8Array(0), ends: new Uint32Array(1) });
  const message = isHeapFull ? 'rendering it needs more memory than a thread has' : 'rendering it ends its thread';
  const rendered: RenderedRows = {
    requests: nothing(),
    items: nothing(),
    requestIdAt: 0,
    columns: makeColumns(1),
    groups: [],
    prompts: [],
    refusals: [{ index: 0, reason: 'template_failed', message }],
    jobRefusal: null,
  };
  return { rendered, sampled: [] };
}
