// A small world for property tests: holders, a dispatcher and a network that loses, doubles and reorders what they tell each other.

import type { Declaration, Grants } from '../../../domain/dispatch/declaration.ts';
import { type Dispatched, decideAgain, takeDeclaration, takeGone } from '../../../domain/dispatch/dispatch.ts';
import { HolderBook } from '../../../domain/dispatch/holder.ts';
import { findSpending } from '../../../domain/dispatch/ledger.ts';
import type { Limits } from '../../../domain/dispatch/limits.ts';
import { renderPage } from '../../../domain/dispatch/page/page.ts';
import { type DispatchState, emptyState, listOwners } from '../../../domain/dispatch/state.ts';

export interface Batch {
  readonly tokens: number;
  readonly usd: number;
  /** The most that it may cost. */
  readonly mostUsd: number;
  /** What it will have cost. */
  readonly costUsd: number;
}

export interface HolderPlan {
  readonly tenant: string;
  readonly priority: 1 | 2 | 3;
  readonly model: string;
  readonly places: number;
  readonly batches: readonly Batch[];
}

/** What a message settled above its reserve, of what was shown before as the most. */
interface Excess {
  readonly beyondUsd: number;
  readonly shownUsd: number;
}

interface CapUse {
  readonly owner: string;
  readonly capUsd: number;
  readonly usedUsd: number;
}

const countGranted = (state: DispatchState, id: string): number =>
  (state.holders[id]?.entries ?? []).reduce((sum, { granted }) => sum + granted, 0);

/** A holder that was taken for gone is believed again if its next word arrives after all. */
function withForgotten(state: DispatchState): DispatchState {
  const forgotten = Object.entries(state.ended).flatMap(([part, its]) =>
    its.forgotten === null ? [] : [[part.split(' ')[0], its.forgotten.holder] as const],
  );
  return { ...state, holders: { ...state.holders, ...Object.fromEntries(forgotten) } };
}

/** What is settled and reserved under the caps of those who were granted something. */
function listCapUses(before: DispatchState, after: DispatchState, now: number): readonly CapUse[] {
  const known = withForgotten(before);
  const granted = Object.entries(after.holders).filter(([id]) => countGranted(after, id) > countGranted(known, id));
  const owners = new Set(granted.flatMap(([, holder]) => listOwners(holder)));
  return renderPage(after, now)
    .owners.filter(({ owner }) => owners.has(owner))
    .flatMap(({ owner, caps, reservedUsd }) =>
      caps.map(({ capUsd, settledUsd }) => ({ owner, capUsd, usedUsd: settledUsd + reservedUsd })),
    );
}

function listExcesses(before: DispatchState, after: DispatchState, now: number): readonly Excess[] {
  const count = ({ ledger }: DispatchState, owner: string): number => findSpending(ledger, owner).beyondUsd;
  const passed = Object.keys(after.ledger.spent).filter((owner) => count(after, owner) > count(before, owner));
  if (passed.length === 0) return [];
  const shown = renderPage(withForgotten(before), now).owners;
  return passed.map((owner) => ({
    beyondUsd: count(after, owner) - count(before, owner),
    shownUsd: shown.find((its) => its.owner === owner)?.beyondMaxUsd ?? Number.NaN,
  }));
}

const startedAt = Date.UTC(2026, 10, 26, 12);

export class World {
  state: DispatchState;
  now = startedAt;
  readonly holders: SimulatedHolder[];
  /** Messages on their way. */
  readonly mail: (
    | { readonly to: 'dispatcher'; readonly declaration: Declaration }
    | { readonly to: string; readonly grants: Grants }
  )[] = [];
  /** Each cap, as it was used directly after a grant under it. */
  readonly grantedCaps: CapUse[] = [];
  readonly excesses: Excess[] = [];

  constructor(file: Limits, plans: readonly HolderPlan[]) {
    this.state = { ...emptyState(startedAt), file };
    this.holders = plans.map((plan, index) => new SimulatedHolder(`job-${index}`, plan));
  }

  /** Sends the whole state of a holder. */
  declare(holder: SimulatedHolder): void {
    this.mail.push({ to: 'dispatcher', declaration: holder.declare(this.now) });
  }

  deliver(index: number, keep: boolean): void {
    const message = this.mail[index];
    if (message === undefined) return;
    if (!keep) this.mail.splice(index, 1);
    if (message.to === 'dispatcher' && 'declaration' in message) {
      this.#apply(takeDeclaration(this.state, message.declaration, this.now));
    } else if ('grants' in message) {
      const holder = this.holders.find(({ id }) => id === message.to);
      holder?.hear(message.grants);
    }
  }

  lose(index: number): void {
    this.mail.splice(index, 1);
  }

  wait(ms: number): void {
    this.now += ms;
    this.#apply(decideAgain(this.state, this.now));
  }

  /** The dispatcher notices holders whose workflows are gone. */
  reclaim(): void {
    const gone = this.holders.filter(({ isGone }) => isGone).map(({ id }) => id);
    this.#apply(takeGone(this.state, gone, this.now));
    for (const holder of this.holders) if (holder.isGone) holder.open.clear();
  }

  /** Everything arrives, and every holder continues, until nothing changes any more. */
  settle(): void {
    for (let rounds = 0; rounds < 2000; rounds += 1) {
      const live = this.holders.filter(({ isGone }) => !isGone);
      for (const holder of live) holder.go(this.now);
      for (const holder of live) holder.endOldest(this.now);
      for (const holder of live) this.declare(holder);
      while (this.mail.length > 0) this.deliver(0, false);
      this.reclaim();
      if (live.every(({ isDone }) => isDone)) return;
    }
  }

  #apply({ state, told }: Dispatched): void {
    this.grantedCaps.push(...listCapUses(this.state, state, this.now));
    this.excesses.push(...listExcesses(this.state, state, this.now));
    // It is carried over as JSON.
    this.state = JSON.parse(JSON.stringify(state));
    for (const [to, grants] of Object.entries(told)) this.mail.push({ to, grants });
  }
}

export class SimulatedHolder {
  readonly id: string;
  readonly plan: HolderPlan;
  readonly book = new HolderBook();
  readonly open = new Map<string, Batch>();
  readonly started: number[] = [];
  isGone = false;
  spentUsd = 0;
  /** What its ended batches cost above their estimates. */
  beyondUsd = 0;
  #next = 0;
  #seq = 0;

  constructor(id: string, plan: HolderPlan) {
    this.id = id;
    this.plan = plan;
    for (const batch of plan.batches) this.#need.addSize(batch);
    this.#offer();
  }

  get isDone(): boolean {
    return this.#next === this.plan.batches.length && this.open.size === 0;
  }

  declare(now: number): Declaration {
    this.#offer();
    this.#seq += 1;
    const { tenant, priority } = this.plan;
    return {
      holder: this.id,
      run: 'only',
      began: 0,
      seq: this.#seq,
      provider: 'openai',
      account: 'default',
      sharing: { tenant, priority },
      needs: this.book.read(now),
      spentUsd: this.spentUsd,
      isClosed: this.isDone,
    };
  }

  hear(grants: Grants): void {
    if (!this.isGone) this.book.apply(grants);
  }

  /** Starts what it may. */
  go(now: number): void {
    for (;;) {
      this.#offer();
      const batch = this.plan.batches[this.#next];
      if (batch === undefined || !this.#need.mayStart || this.open.size >= this.plan.places) return;
      const id = `${this.id}-${this.#next}`;
      this.#next += 1;
      this.started.push(now);
      this.open.set(id, batch);
      this.#need.start(id, batch, now);
      this.#need.accept(id);
    }
  }

  endOldest(now: number): void {
    const [first] = this.open;
    if (first === undefined) return;
    const [id, { usd, costUsd }] = first;
    this.open.delete(id);
    this.spentUsd += costUsd;
    this.beyondUsd += Math.max(0, costUsd - usd);
    this.#need.end(id, now);
  }

  get #need() {
    return this.book.at({ model: this.plan.model, lane: 'batch' });
  }

  #offer(): void {
    const places = Math.max(0, this.plan.places - this.open.size);
    this.#need.offer(Math.min(places, this.plan.batches.length - this.#next));
  }
}
