// A pool of threads for work that fills a core. The main thread only moves bytes to them and back, so its heartbeats and calls are not delayed.

import type { ResourceLimits } from 'node:worker_threads';
import { BufferStock } from './buffer-stock.ts';
import { PooledThread, poolClosed, type Task, type ThreadSettings } from './pooled-thread.ts';
import type { TaskInput, TaskName, TaskOutput } from './tasks.ts';

export interface Threads {
  /** How many tasks run at the same time: more of them wait for their turn. */
  readonly size: number;
  /** Give buffers back to it when an output was used, and take buffers for inputs from it. */
  readonly stock: BufferStock;
  /**
   * Moves the buffers of the input to a thread. Fails with `ThreadDied` if the task ended its thread, or with the error that the task throws.
   * Fails with another error if no thread can start or take the task, if input or output cannot be sent, or if the pool is closed.
   */
  run<Name extends TaskName>(name: Name, input: TaskInput<Name>): Promise<TaskOutput<Name>>;
  close(): Promise<void>;
}

/**
 * A heap for the longest row that is accepted and everything that is made of it; usual rows take a hundredth. A fuller heap ends the thread, not
 * the program. But V8 ends the program if a single allocation is much larger than what is left, so the bound is far from what rows take.
 */
const heapMbDefault = 1024;
const youngHeapMb = 12;
/** For counting, little memory matters more than speed. */
const countingYoungHeapMb = 8;
/** While a plan reads its first rows, tokens are counted again and again; later, hardly ever. */
const idleMsDefault = 500;
/** Buffers that go with each message to be filled by the task. */
const spareBuffers = 3;

interface PoolOptions {
  /** Of each thread. Default: 1024. */
  readonly heapMb?: number;
  /** How long the thread that counts tokens waits for another task before it ends. Default: 500. */
  readonly idleMs?: number;
  /** What a thread runs. Default: `thread.ts`. */
  readonly code?: URL;
}

// The extension is that of this file: the program runs from sources and from compiled files.
const threadCode = new URL(`./thread${import.meta.url.slice(-3)}`, import.meta.url);

/**
 * Threads start when there are tasks for them. A thread without a task does not keep the program running. Tokens are counted by one thread more,
 * which ends when it has nothing to do: what it loads would otherwise be held in every thread, for as long as the program runs.
 */
export function createThreads(size: number, options: PoolOptions = {}): Threads {
  const { heapMb = heapMbDefault, idleMs = idleMsDefault, code = threadCode } = options;
  const limit = (maxYoungGenerationSizeMb: number): ResourceLimits => ({
    maxOldGenerationSizeMb: heapMb,
    maxYoungGenerationSizeMb,
  });
  const usual = new ThreadPool(size, { code, limits: limit(youngHeapMb), idleMs: null });
  const counting = new ThreadPool(1, { code, limits: limit(countingYoungHeapMb), idleMs });
  return {
    size,
    stock: usual.stock,
    run: (name, input) => (name === 'countTokens' ? counting : usual).run(name, input),
    close: async () => {
      await Promise.all([usual.close(), counting.close()]);
    },
  };
}

class ThreadPool implements Threads {
  readonly size: number;
  readonly stock = new BufferStock();
  readonly #settings: ThreadSettings;
  readonly #waiting: Task[] = [];
  readonly #threads = new Set<PooledThread>();

  #isClosed = false;

  constructor(size: number, settings: ThreadSettings) {
    this.size = size;
    this.#settings = settings;
  }

  run<Name extends TaskName>(name: Name, input: TaskInput<Name>): Promise<TaskOutput<Name>> {
    const task: Task = { name, input, reply: Promise.withResolvers() };
    this.#waiting.push(task);
    if (this.#isClosed) this.#refuseWaiting(poolClosed());
    this.#startNext();
    return task.reply.promise;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#refuseWaiting(poolClosed());
    await Promise.all([...this.#threads].map((thread) => thread.end()));
  }

  #refuseWaiting(error: unknown): void {
    for (const { reply } of this.#waiting.splice(0)) reply.reject(error);
  }

  #startNext(): void {
    if (this.#isClosed || this.#waiting.length === 0) return;
    const thread = this.#findIdle() ?? this.#addThread();
    const task = thread === null ? undefined : this.#waiting.shift();
    if (task !== undefined) thread?.start(task, this.stock.takeSpare(spareBuffers));
  }

  #findIdle(): PooledThread | null {
    for (const thread of this.#threads) if (thread.isIdle) return thread;
    return null;
  }

  /** If no thread can start, tasks wait for the threads that are there. If there are none, they fail: nothing would ever take them. */
  #addThread(): PooledThread | null {
    if (this.#threads.size >= this.size) return null;
    try {
      const thread: PooledThread = new PooledThread(this.#settings, {
        onIdle: (spare) => {
          for (const buffer of spare) this.stock.give(buffer);
          this.#startNext();
        },
        onEnd: () => {
          this.#threads.delete(thread);
          this.#startNext();
        },
      });
      this.#threads.add(thread);
      return thread;
    } catch (error) {
      if (this.#threads.size === 0) this.#refuseWaiting(error);
      return null;
    }
  }
}
