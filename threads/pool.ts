// A pool of threads for work that fills a core. The main thread only moves bytes to them and back, so its heartbeats and calls are not delayed.

import { Worker } from 'node:worker_threads';
import { BufferStock } from './buffer-stock.ts';
import { failureError, listBuffers, type ReplyMessage, type TaskMessage } from './messages.ts';
import type { TaskInput, TaskName, TaskOutput } from './tasks.ts';

/** A thread ended in the middle of a task, for example because its heap was full. The next task gets a new thread. */
export class ThreadDied extends Error {
  override readonly name = 'ThreadDied';
}

export interface Threads {
  /** How many tasks run at the same time: more of them wait for their turn. */
  readonly size: number;
  /** Give buffers back to it when an output was used, and take buffers for inputs from it. */
  readonly stock: BufferStock;
  /** Moves the buffers of the input to a thread. Fails with `ThreadDied`, or with the error that the task throws. */
  run<Name extends TaskName>(name: Name, input: TaskInput<Name>): Promise<TaskOutput<Name>>;
  close(): Promise<void>;
}

/**
 * A heap for the longest row that is accepted and everything that is made of it; usual rows take a hundredth. A fuller heap ends the thread, not
 * the program.
 */
const resourceLimits = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 32 };
/** Buffers that go with each message to be filled by the task. */
const spareBuffers = 3;

interface Task {
  readonly name: TaskName;
  readonly input: object;
  readonly reply: PromiseWithResolvers<never>;
}

/** Threads start when there are tasks for them. A thread without a task does not keep the program running. */
export function createThreads(size: number): Threads {
  return new ThreadPool(size);
}

class ThreadPool implements Threads {
  readonly size: number;
  readonly stock = new BufferStock();
  readonly #waiting: Task[] = [];
  readonly #threads = new Set<PooledThread>();

  constructor(size: number) {
    this.size = size;
  }

  run<Name extends TaskName>(name: Name, input: TaskInput<Name>): Promise<TaskOutput<Name>> {
    const task: Task = { name, input, reply: Promise.withResolvers() };
    this.#waiting.push(task);
    this.#startNext();
    return task.reply.promise;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#threads].map((thread) => thread.end()));
  }

  #startNext(): void {
    const thread = this.#findIdle();
    const task = thread === null ? undefined : this.#waiting.shift();
    if (task !== undefined) thread?.start(task, this.stock.takeSpare(spareBuffers));
  }

  #findIdle(): PooledThread | null {
    for (const thread of this.#threads) if (thread.isIdle) return thread;
    if (this.#threads.size >= this.size || this.#waiting.length === 0) return null;
    const thread: PooledThread = new PooledThread({
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

interface ThreadEvents {
  onIdle(spare: readonly ArrayBuffer[]): void;
  onEnd(): void;
}

class PooledThread {
  readonly #worker: Worker;
  #task: Task | null = null;
  #error: Error | null = null;

  constructor({ onIdle, onEnd }: ThreadEvents) {
    // The extension is that of this file: the program runs from sources and from compiled files.
    this.#worker = new Worker(new URL(`./thread${import.meta.url.slice(-3)}`, import.meta.url), { resourceLimits });
    this.#worker.unref();
    this.#worker.on('message', (reply: ReplyMessage) => {
      this.#settle(reply);
      onIdle(reply.spare);
    });
    this.#worker.on('error', (error) => {
      this.#error = error;
    });
    this.#worker.on('exit', (code) => {
      const why = this.#error?.message ?? `exit code ${code}`;
      this.#task?.reply.reject(new ThreadDied(`a thread ended while it did ${this.#task.name}: ${why}`));
      this.#task = null;
      onEnd();
    });
  }

  get isIdle(): boolean {
    return this.#task === null;
  }

  start(task: Task, spare: readonly ArrayBuffer[]): void {
    this.#task = task;
    this.#worker.ref();
    const message: TaskMessage = { name: task.name, input: task.input, spare };
    this.#worker.postMessage(message, [...listBuffers(task.input), ...spare]);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(reply: ReplyMessage): void {
    const task = this.#task;
    this.#task = null;
    this.#worker.unref();
    if (reply.kind === 'done') {
      task?.reply.resolve(reply.output as never);
    } else {
      task?.reply.reject(failureError(reply.failure));
    }
  }
}
