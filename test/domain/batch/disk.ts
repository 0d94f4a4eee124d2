// What a job's folder holds of one planned batch: it survives every death of a process.

import type { Recovered } from '../../../domain/batch/recovered.ts';
import type { Made } from './lying-provider.ts';

type OnDisk = Recovered['batches'][number];

export class Disk {
  intent: { readonly overAt: number; readonly lastsMs: number; readonly ordinal: number } | null = null;
  readonly #batches: OnDisk[] = [];

  add({ handle, ordinal }: Made, role: OnDisk['role']): void {
    if (this.#batches.some((known) => known.handle.id === handle.id)) return;
    this.#batches.push({ handle, ordinal, role, ended: null, endedSeenAt: null, reading: null });
  }

  record(id: string, change: Partial<OnDisk>): void {
    const index = this.#batches.findIndex((batch) => batch.handle.id === id);
    const batch = this.#batches[index];
    if (batch !== undefined) this.#batches[index] = { ...batch, ...change };
  }

  read(): Omit<Recovered, 'settled'> {
    const ordinal = Math.max(this.intent?.ordinal ?? 0, ...this.#batches.map((batch) => batch.ordinal));
    return { ordinal, intent: this.intent, batches: [...this.#batches] };
  }
}
