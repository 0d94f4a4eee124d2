// Which rows of a hybrid job go through the realtime lane: those that match its route, in row order, as long as the route has room. Pure.

import { lowerCap } from '../money/budget.ts';

/** How a job sends its rows: in batches, by synchronous calls, or some in each of the two ways. */
export const jobModes = ['batch', 'realtime', 'hybrid'] as const;
export type JobMode = (typeof jobModes)[number];

export interface RoutePolicy {
  /** A Liquid condition over the row; null if every row matches. */
  readonly when: string | null;
  /** The most rows; null if the limits of the realtime lane decide. */
  readonly upTo: number | null;
}

/** Of the realtime lane, by the minute; null for no limit. */
export interface RouteLimits {
  readonly rpm: number | null;
  readonly tpm: number | null;
}

/** The lane keeps to the job's own limits, and to those that all jobs share. */
export const lowerLimits = (own: RouteLimits, shared: RouteLimits = { rpm: null, tpm: null }): RouteLimits => ({
  rpm: lowerCap(own.rpm, shared.rpm),
  tpm: lowerCap(own.tpm, shared.tpm),
});

/** Without `upTo`, as many rows go through the realtime lane as its limits allow in this time. */
export const routedMinutes = 60;

/** Once full, it stays full: all further rows go in batches. */
export class RouteRoom {
  readonly #rowsMax: number;
  readonly #tokensMax: number;
  #rows = 0;
  #tokens = 0;
  #isFull: boolean;

  constructor({ upTo }: RoutePolicy, { rpm, tpm }: RouteLimits, isFull: boolean) {
    this.#rowsMax = upTo ?? limitTime(rpm);
    this.#tokensMax = upTo === null ? limitTime(tpm) : Number.POSITIVE_INFINITY;
    this.#isFull = isFull;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** Whether one more row has room, whose call counts with so many tokens. A row that has none fills the room for good. */
  admit(tokens: number): boolean {
    if (this.#tokens + tokens > this.#tokensMax) this.#isFull = true;
    return !this.#isFull;
  }

  /** Counts an admitted row. */
  take(tokens: number): void {
    this.#rows += 1;
    this.#tokens += tokens;
    if (this.#rows >= this.#rowsMax) this.#isFull = true;
  }
}

const limitTime = (perMinute: number | null): number =>
  perMinute === null ? Number.POSITIVE_INFINITY : perMinute * routedMinutes;
