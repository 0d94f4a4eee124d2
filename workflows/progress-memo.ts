// Keeps a job's progress in its memo, which lists show without a worker. In few steps, because each costs the history an event. At the end, the
// figures of the report take its place.

import { upsertMemo } from '@temporalio/workflow';

const steps = 20;

export class ProgressMemo {
  #told = 0;

  update(progress: number): void {
    const step = Math.floor(steps * progress);
    if (step <= this.#told) return;
    this.#told = step;
    upsertMemo({ nightshift: { progress: step / steps } });
  }
}
