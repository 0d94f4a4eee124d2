// What the last poll of a batch saw at the provider, and what the coordinator was notified of.

import type { BatchPhase, BatchView } from '../../domain/batch/state.ts';

interface Seen extends Pick<BatchView, 'status' | 'phase'> {
  readonly tenths: number;
  /** Absent if a worker of an earlier version polled. */
  readonly counts?: BatchView['counts'];
}

export class LastPoll {
  /** The provider's own words. */
  status = 'created';
  counts: BatchView['counts'] = null;
  toldTenths: number;
  #toldPhase: BatchPhase | null = null;
  #toldMissing = false;

  constructor(toldTenths: number) {
    this.toldTenths = toldTenths;
  }

  /** What the coordinator knows, so that it is notified only of what is new. */
  get told() {
    return { toldTenths: this.toldTenths, toldPhase: this.#toldPhase, toldMissing: this.#toldMissing };
  }

  see({ status, phase, counts, tenths }: Seen): void {
    Object.assign(this, { status, counts: counts ?? null, toldTenths: Math.max(this.toldTenths, tenths) });
    this.#toldPhase = phase;
    this.#toldMissing = false;
  }

  /** The provider did not find the batch. The next poll that finds it is news, whatever its phase. */
  miss(): void {
    Object.assign(this, { status: 'not found', counts: null });
    this.#toldPhase = null;
    this.#toldMissing = true;
  }
}
