// Lets calls to the provider run side by side, except one with a fault: the fault is switched on for that call alone.

export class CallLock {
  #running = 0;
  #last: Promise<unknown> = Promise.resolve();
  #idle: (() => void) | null = null;

  async run<T>(isAlone: boolean, work: () => Promise<T>): Promise<T> {
    return isAlone ? this.#runAlone(work) : this.#runBeside(work);
  }

  async #runBeside<T>(work: () => Promise<T>): Promise<T> {
    await this.#last;
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#idle?.();
    }
  }

  #runAlone<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(async () => {
      await this.#awaitIdle();
      return work();
    });
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #awaitIdle(): Promise<void> {
    while (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
  }
}
