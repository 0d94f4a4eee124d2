// What a holder keeps of one part of its work: the open batches of each model and lane, and the grants that it has not used.

import { maxOrUnknown } from '../money/cost.ts';
import type { Lane } from '../outcome/outcome.ts';
import { type BatchSize, type Grant, type Grants, type Load, type Need, noLoad, type Refused } from './declaration.ts';
import { addLoads, sizeToLoad } from './state.ts';

interface Open {
  readonly size: BatchSize;
  /** asked: the provider may still refuse it. waits: it was refused or yielded its room, takes none, and waits for a grant. */
  readonly state: 'asked' | 'accepted' | 'waits';
  readonly since: number;
  readonly refusals: number;
}

/** A batch that was not refused for this long holds nobody up, although its provider may still be checking it. */
const unsureMs = 60_000;
/** The first refusal may be due to others' batches; the next try is made alone. */
const tooLargeAfter = 2;
/** Tokens are estimated: a batch that is refused so often may be larger than estimated, unless it is far below the limit. */
const [doubtAfter, doubtShare] = [6, 0.6];
/** A smaller batch is made to fill only this share of the limit. */
const fillShare = 0.7;

export class NeedBook {
  readonly #key: Pick<Need, 'model' | 'lane'>;
  readonly #open = new Map<string, Open>();
  #each: BatchSize = { tokens: 0, usd: 0, mostUsd: 0 };
  #unstarted = 0;
  #isPaused = false;
  #accepted = 0;
  #taken = 0;
  #granted = 0;
  #refused: Refused = { count: 0, askedAt: 0, named: null };
  #endedAt = 0;
  #callTokens = 0;
  /** What the dispatcher last said. */
  #said: Grant | null = null;
  /** Why its open realtime batch makes no calls; null if it makes some. */
  laneWait: string | null = null;

  constructor(key: Pick<Need, 'model' | 'lane'>) {
    this.#key = { model: key.model, lane: key.lane };
  }

  /** Grants hold for any of its batches, so none may be larger than what is declared. */
  addSize({ tokens, usd, mostUsd = null }: BatchSize): void {
    const each = this.#each;
    this.#each = {
      tokens: Math.max(each.tokens, tokens),
      usd: maxOrUnknown(each.usd, usd),
      mostUsd: maxOrUnknown(each.mostUsd ?? null, mostUsd),
    };
  }

  /** A call that is larger than the part of its realtime lane needs tokens of its own. */
  needCall(tokens: number): void {
    this.#callTokens = Math.max(this.#callTokens, tokens);
  }

  /** How many more batches would start now. Grants for more than that are given back. */
  offer(unstarted: number): void {
    this.#unstarted = unstarted;
    this.#taken = Math.max(this.#taken, this.#granted - this.#waiting);
  }

  get mayStart(): boolean {
    return this.#granted > this.#taken && this.#listWaiting().length === 0;
  }

  start(id: string, size: BatchSize, now: number): void {
    this.#take();
    this.#unstarted = Math.max(0, this.#unstarted - 1);
    this.#open.set(id, { size, state: 'asked', since: now, refusals: 0 });
  }

  accept(id: string): void {
    const open = this.#open.get(id);
    if (open === undefined || open.state === 'accepted') return;
    this.#open.set(id, { ...open, state: 'accepted' });
    this.#accepted += 1;
  }

  refuse(id: string, named: Refused['named'], now: number): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.set(id, { ...open, state: 'waits', since: now, refusals: open.refusals + 1 });
    this.#refused = { count: this.#refused.count + 1, askedAt: open.since, named };
  }

  /** It gives back its room, although the provider did not refuse it. */
  yield(id: string, now: number): void {
    const open = this.#open.get(id);
    if (open !== undefined) this.#open.set(id, { ...open, state: 'waits', since: now });
  }

  end(id: string, now: number): void {
    const open = this.#open.get(id);
    if (open !== undefined && open.state !== 'waits') this.#endedAt = now;
    this.#open.delete(id);
  }

  /** Batches that were refused or yielded, and have a grant now: each must create. */
  takeReady(now: number): readonly string[] {
    const ready = this.#listWaiting().slice(0, Math.max(0, this.#granted - this.#taken));
    for (const [id, open] of ready) {
      this.#take();
      this.#open.set(id, { ...open, state: 'asked', since: now });
    }
    return ready.map(([id]) => id);
  }

  /** Refused batches that can never fit, with the share of each that should. Each is named once for each refusal. */
  takeTooLarge(): readonly { readonly holder: string; readonly share: number }[] {
    const { named } = this.#refused;
    if (named?.unit !== 'tokens') return [];
    const isTooLarge = ({ size, refusals }: Open): boolean =>
      (size.tokens > named.limit && refusals >= tooLargeAfter) ||
      (size.tokens > doubtShare * named.limit && refusals >= doubtAfter);
    const tooLarge = this.#listWaiting().filter(([, open]) => isTooLarge(open));
    for (const [id] of tooLarge) this.#open.delete(id);
    return tooLarge.map(([holder, { size }]) => ({
      holder,
      share: Math.min(0.5, (fillShare * named.limit) / size.tokens),
    }));
  }

  /** A paused holder wants nothing, and gives back what it was granted. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.offer(this.#unstarted);
  }

  read(now: number): Need {
    const held = [...this.#open.values()].filter(({ state }) => state !== 'waits');
    return {
      ...this.#key,
      held: held.reduce((sum, { size }) => addLoads(sum, sizeToLoad(size)), noLoad),
      unsure: held.filter((open) => isUnsure(open, now)).length,
      accepted: this.#accepted,
      waiting: this.#waiting,
      each: this.#each,
      taken: this.#taken,
      granted: this.#granted,
      refused: this.#refused,
      endedAt: this.#endedAt,
      ...(this.#callTokens === 0 ? {} : { callTokens: this.#callTokens }),
      ...(this.#isLanePaused ? { isPaused: true } : {}),
    };
  }

  apply(grant: Grant): void {
    this.#granted = grant.granted;
    this.#said = grant;
    this.offer(this.#unstarted);
  }

  get model(): string {
    return this.#key.model;
  }

  /** What changes if the dispatcher has to know. A batch that starts by a grant changes nothing, because the grant is counted. Empty if there is nothing. */
  describeNews(now: number): string {
    const { waiting, taken, held, refused, unsure } = this.read(now);
    const wanted = waiting + taken;
    const unknown = this.#said?.isUntried === true ? taken - unsure : 0;
    const counts = [wanted, taken - held.batches, refused.count, unknown, this.#callTokens, Number(this.#isLanePaused)];
    return counts.every((count) => count === 0) ? '' : counts.join(' ');
  }

  get said(): Grant | null {
    return this.#said;
  }

  get inUse(): Load {
    return this.read(0).held;
  }

  /** Without a grant. */
  get waiting(): number {
    return Math.max(0, this.#waiting - Math.max(0, this.#granted - this.#taken));
  }

  /** When a batch is next no longer unsure, if that may matter to others; null if none is. */
  findSureAt(now: number): number | null {
    if (this.#said?.isUntried !== true) return null;
    const unsure = [...this.#open.values()].filter((open) => isUnsure(open, now));
    return unsure.length === 0 ? null : Math.min(...unsure.map(({ since }) => since + unsureMs));
  }

  get #waiting(): number {
    return this.#isPaused ? 0 : this.#unstarted + this.#listWaiting().length;
  }

  /** Others may use its part of the rate meanwhile. */
  get #isLanePaused(): boolean {
    return this.#isPaused && this.#key.lane === 'realtime' && this.#open.size > 0;
  }

  #take(): void {
    this.#taken += 1;
    this.#granted = Math.max(this.#granted, this.#taken);
  }

  #listWaiting(): [string, Open][] {
    return [...this.#open].filter(([, { state }]) => state === 'waits').toSorted(([, a], [, b]) => a.since - b.since);
  }
}

const isUnsure = ({ state, since }: Open, now: number): boolean => state === 'asked' && now < since + unsureMs;

/** All needs of a holder. */
export class HolderBook {
  readonly #needs = new Map<string, NeedBook>();
  #version = 0;

  at(key: { readonly model: string; readonly lane: Lane }): NeedBook {
    const name = `${key.lane}/${key.model}`;
    const known = this.#needs.get(name) ?? new NeedBook(key);
    this.#needs.set(name, known);
    return known;
  }

  get needs(): readonly NeedBook[] {
    return [...this.#needs.values()];
  }

  describeNews(now: number): string {
    const news = this.needs.map((need, index) => [index, need.describeNews(now)] as const);
    return news.map(([index, its]) => (its === '' ? '' : `${index}: ${its};`)).join('');
  }

  pause(isPaused: boolean): void {
    for (const need of this.needs) need.pause(isPaused);
  }

  read(now: number): readonly Need[] {
    return this.needs.map((need) => need.read(now));
  }

  /** Messages that overtook each other: only the newest counts. */
  apply({ version, grants }: Grants): void {
    if (version <= this.#version) return;
    this.#version = version;
    for (const grant of grants) this.at(grant).apply(grant);
  }
}
