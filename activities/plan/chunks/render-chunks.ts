// Renders a dataset's chunks on threads, several at the same time, and returns them in order.

import type { JobFile } from '../../../domain/job.ts';
import type { DatasetPosition } from '../../../storage/formats/rows.ts';
import type { Store } from '../../../storage/store.ts';
import type { PackedLines } from '../../../threads/packed-lines.ts';
import { ThreadDied, type Threads } from '../../../threads/pool.ts';
import type { RenderSettings } from '../../../threads/tasks/render-rows.ts';
import { makeColumns, type RenderedRows } from '../../../threads/tasks/rendered-rows.ts';
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

const chunkRowsMax = 2000;
const chunkBytesMax = 1024 * 1024;
/** Chunks in progress beyond one for each thread: the next ones are there before a thread has finished. */
const chunksAhead = 2;

interface RunningChunk {
  readonly chunk: RowChunk;
  readonly running: Promise<RenderedRows>;
}

/** A chunk is valid until the next one is asked for. */
export async function* renderChunks(options: RenderOptions): AsyncGenerator<RenderedChunk> {
  const { threads, from, signal } = options;
  const renderer = new ChunkRenderer(options);
  const ahead: RunningChunk[] = [];
  for await (const chunk of renderer.cut(from, chunkRowsMax)) {
    signal.throwIfAborted();
    ahead.push(renderer.start(chunk));
    if (ahead.length >= threads.size + chunksAhead) yield* renderer.finish(ahead.shift());
  }
  while (ahead.length > 0) yield* renderer.finish(ahead.shift());
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

  start(chunk: RowChunk): RunningChunk {
    const running = this.#run(chunk);
    running.catch(() => undefined); // It fails where it is awaited.
    return { chunk, running };
  }

  /** Several chunks if the thread died: then each row is rendered alone. */
  async *finish(started: RunningChunk | undefined): AsyncGenerator<RenderedChunk> {
    if (started === undefined) return;
    const rendered = await settle(started);
    if (rendered === 'died') {
      yield* this.#renderOneByOne(started.chunk);
    } else {
      yield* this.#lend(started.chunk, rendered);
    }
  }

  async *#renderOneByOne({ from, count }: RowChunk): AsyncGenerator<RenderedChunk> {
    let left = count;
    // The rows were moved to the thread that died, so they are read again.
    for await (const row of this.cut(from, 1)) {
      const rendered = await settle(this.start(row));
      yield* this.#lend(row, rendered === 'died' ? refuseHeavyRow() : rendered);
      left -= 1;
      if (left === 0) return;
    }
  }

  *#lend(chunk: RowChunk, rendered: RenderedRows): Generator<RenderedChunk> {
    yield { ...chunk, rendered };
    const { stock } = this.#options.threads;
    stock.give(rendered.requests.bytes.buffer);
    stock.give(rendered.items.bytes.buffer);
  }

  #run({ from, lines }: RowChunk): Promise<RenderedRows> {
    const firstRow = from.row + 1;
    return this.#options.threads.run('renderRows', { settings: this.#settings, firstRow, lines });
  }
}

async function settle({ running }: RunningChunk): Promise<RenderedRows | 'died'> {
  try {
    return await running;
  } catch (error) {
    if (error instanceof ThreadDied) return 'died';
    throw error;
  }
}

/** It ended a thread twice: together with other rows, and alone. */
function refuseHeavyRow(): RenderedRows {
  const nothing = (): PackedLines => ({ bytes: new Uint8Array(0), ends: new Uint32Array(1) });
  const message = 'rendering it needs more memory than a thread has';
  return {
    requests: nothing(),
    items: nothing(),
    requestIdAt: 0,
    columns: makeColumns(1),
    groups: [],
    refusals: [{ index: 0, reason: 'template_failed', message }],
    jobRefusal: null,
  };
}
