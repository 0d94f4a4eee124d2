// A pool of threads for work that fills a core. The main thread only moves bytes to them and back, so its heartbeats and calls are not delayed.

import { type ResourceLimits, Worker } from 'node:worker_threads';
import { BufferStock } from './buffer-stock.ts';
import { failureError, listBuffers, type ReplyMessage, type TaskMessage, type ThreadMessage } from './messages.ts';
import type { TaskInput, TaskName, TaskOutput } from './tasks.ts';

/** A thread ended in the middle of a task, usually because its heap was full. The next task gets a new thread. */
export class ThreadDied extends Error {
  override readonly name = 'ThreadDied';
}

export interface Threads {
  /** How many tasks run at the same time: more of them wait for their turn. */
  readonly size: number;
  /** Give buffers back to it when an output was used, and take buffers for inputs from it. */
  readonly stock: BufferStock;
  /**
   * Moves the buffers of the input to a thread. Fails with `ThreadDied`, or with the error that the task throws. Fails with another error if
   * threads cannot start, or if the pool is closed.
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

interface Task {
  readonly name: TaskName;
  readonly input: object;
  readonly reply: PromiseWithResolvers<never>;
}

interface PoolOptions {
  /** Of each thread. Default: 1024. */
  readonly heapMb?: number;
  /** How long the thread that counts tokens waits for another task before it ends. Default: 2000. */
  readonly idleMs?: number;
}

/**
 * Threads start when there are tasks for them. A thread without a task does not keep the program running. Tokens are counted by one thread more,
 * which ends when it has nothing to do: what it loads would otherwise be held in every thread, for as long as the program runs.
 */
export function createThreads(size: number, options: PoolOptions = {}): Threads {
  const { heapMb = heapMbDefault, idleMs = idleMsDefault } = options;
  const limits = { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: youngHeapMb };
  const usual = new ThreadPool(size, limits, null);
  const counting = new ThreadPool(1, { ...limits, maxYoungGenerationSizeMb: countingYoungHeapMb }, idleMs);
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
  readonly #limits: ResourceLimits;
  /** Null if threads stay. */
  readonly #idleMs: number | null;
  readonly #waiting: Task[] = [];
  readonly #threads = new Set<PooledThread>();

  #isClosed = false;

  constructor(size: number, limits: ResourceLimits, idleMs: number | null) {
    this.size = size;
    this.#limits = limits;
    this.#idleMs = idleMs;
  }

  run<Name extends TaskName>(name: Name, input: TaskInput<Name>): Promise<TaskOutput<Name>> {
    const task: Task = { name, input, reply: Promise.withResolvers() };
    this.#waiting.push(task);
    if (this.#isClosed) this.#refuseWaiting();
    this.#startNext();
    return task.reply.promise;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#refuseWaiting();
    await Promise.all([...this.#threads].map((thread) => thread.end()));
  }

  #refuseWaiting(): void {
    for (const { reply } of this.#waiting.splice(0)) reply.reject(closed());
  }

  #startNext(): void {
    if (this.#isClosed) return;
    const thread = this.#findIdle();
    const task = thread === null ? undefined : this.#waiting.shift();
    if (task !== undefined) thread?.start(task, this.stock.takeSpare(spareBuffers));
  }

  #findIdle(): PooledThread | null {
    for (const thread of this.#threads) if (thread.isIdle) return thread;
    if (this.#threads.size >= this.size || this.#waiting.length === 0) return null;
    const thread: PooledThread = new PooledThread(this.#limits, this.#idleMs, {
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
  }
}

const closed = (): Error => new Error('the pool of threads is closed');

interface ThreadEvents {
  onIdle(spare: readonly ArrayBuffer[]): void;
  onEnd(): void;
}

class PooledThread {
  readonly #worker: Worker;
  readonly #idleMs: number | null;
  readonly #onIdle: ThreadEvents['onIdle'];
  #idling: NodeJS.Timeout | undefined;
  #task: Task | null = null;
  #error: Error | null = null;
  #isReady = false;
  #isEnding = false;

  constructor(resourceLimits: ResourceLimits, idleMs: number | null, { onIdle, onEnd }: ThreadEvents) {
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
    // The extension is that of this file: the program runs from sources and from compiled files.
    this.#worker = new Worker(new URL(`./thread${import.meta.url.slice(-3)}`, import.meta.url), { resourceLimits });
    this.#worker.unref();
    this.#worker.on('message', (message: ThreadMessage) => {
      if (message.kind === 'ready') {
        this.#isReady = true;
      } else {
        this.#settle(message);
        onIdle(message.spare);
      }
    });
    this.#worker.on('error', (error) => {
      this.#error = error;
    });
    this.#worker.on('exit', (code) => {
      this.#task?.reply.reject(this.#describeEnd(this.#task, this.#error?.message ?? `exit code ${code}`));
      this.#task = null;
      onEnd();
    });
  }

  /** A thread that is ending keeps its place until it has ended, so that the next one does not add its memory to it. */
  get isIdle(): boolean {
    return this.#task === null && !this.#isEnding;
  }

  start(task: Task, spare: readonly ArrayBuffer[]): void {
    clearTimeout(this.#idling);
    this.#task = task;
    this.#worker.ref();
    const message: TaskMessage = { name: task.name, input: task.input, spare };
    try {
      this.#worker.postMessage(message, [...listBuffers(task.input), ...spare]);
    } catch (error) {
      // The input holds something that cannot be sent.
      this.#endTask();
      task.reply.reject(error);
      this.#onIdle([]);
    }
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#worker.terminate();
  }

  /** A thread that never loaded its code, or that the pool ended, says nothing about the task. */
  #describeEnd({ name }: Task, why: string): Error {
    if (this.#isEnding) return closed();
    return this.#isReady
      ? new ThreadDied(`a thread ended while it did ${name}: ${why}`)
      : new Error(`a thread could not start: ${why}`);
  }

  #endTask(): void {
    this.#task = null;
    this.#worker.unref();
    if (this.#idleMs !== null) this.#idling = setTimeout(() => this.end(), this.#idleMs).unref();
  }

  #settle(reply: ReplyMessage): void {
    const task = this.#task;
    this.#endTask();
    if (reply.kind === 'done') {
      task?.reply.resolve(reply.output as never);
    } else {
      task?.reply.reject(failureError(reply.failure));
    }
  }
}
