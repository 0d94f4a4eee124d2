// One life of a job's workers. A death is fail-stop at the ports: from then on every effect is refused, and replies in flight do not arrive.

import type { CallKind } from '../script/script.ts';

class WorkerDied extends Error {
  override readonly name = 'WorkerDied';
  constructor() {
    super('this incarnation of the worker has died');
  }
}

/** Takes part in each call: acts before it, around it and after it. */
export interface CallWatcher {
  watch<T>(incarnation: Incarnation, kind: CallKind, work: () => Promise<T>): Promise<T>;
}

export class Incarnation {
  readonly #watcher: CallWatcher;
  #isDead = false;

  constructor(watcher: CallWatcher) {
    this.#watcher = watcher;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  die(): void {
    this.#isDead = true;
  }

  requireAlive(): void {
    if (this.#isDead) throw new WorkerDied();
  }

  /** A call without a trigger, such as a read. */
  async allow<T>(work: () => Promise<T>): Promise<T> {
    this.requireAlive();
    const result = await work();
    this.requireAlive();
    return result;
  }

  async effect<T>(kind: CallKind, work: () => Promise<T>): Promise<T> {
    this.requireAlive();
    const result = await this.#watcher.watch(this, kind, work);
    this.requireAlive();
    return result;
  }
}
