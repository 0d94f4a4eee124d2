// One thread of a pool: it takes a task, and the task gets its result or the error that says what went wrong.

import { type ResourceLimits, Worker } from 'node:worker_threads';
import { failureError, listBuffers, type ReplyMessage, type TaskMessage, type ThreadMessage } from './messages.ts';
import type { TaskName } from './tasks.ts';

/** A task ended its thread: its heap was full, or it exited. The next task gets a new thread. */
export class ThreadDied extends Error {
  override readonly name = 'ThreadDied';
  readonly isHeapFull: boolean;

  constructor(message: string, isHeapFull: boolean) {
    super(message);
    this.isHeapFull = isHeapFull;
  }
}

export interface Task {
  readonly name: TaskName;
  readonly input: object;
  readonly reply: PromiseWithResolvers<never>;
}

export interface ThreadSettings {
  readonly code: URL;
  readonly limits: ResourceLimits;
  /** How long the thread waits for another task before it ends. Null if it stays. */
  readonly idleMs: number | null;
}

interface ThreadEvents {
  /** With the buffers that the last task no longer needs. */
  onIdle(spare: readonly ArrayBuffer[]): void;
  onEnd(): void;
}

export const poolClosed = (): Error => new Error('the pool of threads is closed');

export class PooledThread {
  readonly #worker: Worker;
  readonly #idleMs: number | null;
  readonly #onIdle: ThreadEvents['onIdle'];
  #idling: NodeJS.Timeout | undefined;
  #task: Task | null = null;
  #hasBegun = false;
  #error: NodeJS.ErrnoException | null = null;
  #isEnding = false;

  /** Throws if the system has no room for a further thread. */
  constructor({ code, limits, idleMs }: ThreadSettings, { onIdle, onEnd }: ThreadEvents) {
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
    this.#worker = new Worker(code, { resourceLimits: limits });
    this.#worker.unref();
    this.#worker.on('message', (message: ThreadMessage) => {
      if (message.kind === 'began') {
        this.#hasBegun = true;
      } else {
        this.#settle(message);
      }
    });
    this.#worker.on('messageerror', (error) => {
      this.#fail(new Error(`the reply of a thread cannot be read: ${error.message}`));
    });
    this.#worker.on('error', (error) => {
      this.#error = error;
    });
    this.#worker.on('exit', (code) => {
      this.#task?.reply.reject(this.#describeEnd(this.#task, code));
      this.#task = null;
      onEnd();
    });
  }

  /** A thread that is ending keeps its place until it has ended, so that the next one does not add its memory to it. */
  get isIdle(): boolean {
    return this.#task === null && !this.#isEnding && this.#error === null;
  }

  start(task: Task, spare: readonly ArrayBuffer[]): void {
    clearTimeout(this.#idling);
    this.#task = task;
    this.#hasBegun = false;
    this.#worker.ref();
    const message: TaskMessage = { name: task.name, input: task.input, spare };
    try {
      this.#worker.postMessage(message, [...listBuffers(task.input), ...spare]);
    } catch (error) {
      // The input holds something that cannot be sent.
      this.#fail(error);
    }
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#worker.terminate();
  }

  /**
   * The task is blamed only if the thread had begun it, and then its heap was full or it exited. A thread that could not start, that the pool
   * ended, or that met an error of the program says nothing about the task.
   */
  #describeEnd({ name }: Task, code: number): Error {
    if (this.#isEnding) return poolClosed();
    const why = this.#error?.message ?? `exit code ${code}`;
    if (!this.#hasBegun) return new Error(`a thread ended before it began ${name}: ${why}`);
    const isHeapFull = this.#error?.code === 'ERR_WORKER_OUT_OF_MEMORY';
    return isHeapFull || this.#error === null
      ? new ThreadDied(`a thread ended while it did ${name}: ${why}`, isHeapFull)
      : new Error(`a thread failed while it did ${name}: ${why}`);
  }

  #endTask(): void {
    this.#task = null;
    this.#worker.unref();
    if (this.#idleMs !== null) this.#idling = setTimeout(() => this.end(), this.#idleMs).unref();
  }

  /** Of the task; the thread stays. */
  #fail(error: unknown): void {
    const task = this.#task;
    this.#endTask();
    task?.reply.reject(error);
    this.#onIdle([]);
  }

  #settle(reply: ReplyMessage): void {
    const task = this.#task;
    this.#endTask();
    if (reply.kind === 'done') {
      task?.reply.resolve(reply.output as never);
    } else {
      task?.reply.reject(failureError(reply.failure));
    }
    this.#onIdle(reply.spare);
  }
}
