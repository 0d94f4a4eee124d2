// Sums of what all holders have reserved, kept while grants are decided.

import { type Load, noLoad } from './declaration.ts';
import { addLoads, type DispatchState, type Entry, type Holder, listOwners, namePool, sumReserved } from './state.ts';

type Sharer = Pick<Holder, 'account' | 'tenant' | 'feature'>;

export class Usage {
  readonly #byPool = new Map<string, Load>();
  readonly #byAccount = new Map<string, Load>();
  readonly #byTenant = new Map<string, number>();
  readonly #byOwner = new Map<string, Load>();
  readonly #unsure = new Map<string, number>();
  readonly #lanes = new Map<string, number>();

  constructor({ holders }: Pick<DispatchState, 'holders'>) {
    for (const holder of Object.values(holders)) {
      for (const entry of holder.entries) this.#addEntry(holder, entry);
    }
  }

  #addEntry(holder: Sharer, entry: Entry): void {
    this.add(holder, entry, sumReserved(entry));
    const pool = namePool(holder.account, entry);
    // What was granted was counted by `add` as unsure.
    this.#unsure.set(pool, (this.#unsure.get(pool) ?? 0) - entry.held.batches + entry.unsure);
  }

  /** Counts batches that the provider may still refuse. Those of the realtime lane take no room of the account. */
  add(holder: Sharer, entry: Pick<Entry, 'model' | 'lane' | 'isPaused'>, load: Load): void {
    const pool = namePool(holder.account, entry);
    for (const owner of listOwners(holder)) this.#byOwner.set(owner, addLoads(this.owner(owner), load));
    this.#byPool.set(pool, addLoads(this.pool(pool), load));
    if (entry.lane === 'realtime') {
      if (entry.isPaused !== true) this.#lanes.set(pool, this.lanes(pool) + load.batches);
      return;
    }
    this.#byAccount.set(holder.account, addLoads(this.account(holder.account), load));
    this.#byTenant.set(holder.tenant, this.tenantBatches(holder.tenant) + load.batches);
    this.#unsure.set(pool, this.unsure(pool) + load.batches);
  }

  pool(name: string): Load {
    return this.#byPool.get(name) ?? noLoad;
  }

  account(name: string): Load {
    return this.#byAccount.get(name) ?? noLoad;
  }

  tenantBatches(name: string): number {
    return this.#byTenant.get(name) ?? 0;
  }

  owner(name: string): Load {
    return this.#byOwner.get(name) ?? noLoad;
  }

  /** Open realtime batches, except those of paused jobs. */
  lanes(pool: string): number {
    return this.#lanes.get(pool) ?? 0;
  }

  unsure(pool: string): number {
    return this.#unsure.get(pool) ?? 0;
  }
}
