// How fast clients called the models: passed calls and calls answered 429, by account and model, in minutes that count from the first call.
import type { Vendor } from '../server/routes.ts';

const minuteMs = 60_000;
/** A week: minutes after it are not listed. */
const minutesMax = 10_080;

export interface Caller {
  vendor: Vendor;
  tenant: string;
  model: string;
}

export interface Minute {
  passed: number;
  refused: number;
  /** Tokens of the passed calls, as the limit counts them. */
  tokens: number;
}

export type Rate = Caller &
  Minute & {
    firstAtMs: number;
    /** The most calls that passed within any 60 seconds. */
    peak: number;
    minutes: Minute[];
  };

interface Kept {
  rate: Rate;
  /** When calls passed, oldest first; only the last minute is kept. */
  recent: number[];
}

export type Rates = ReturnType<typeof createRates>;

export function createRates() {
  const records = new Map<string, Kept>();

  function find(caller: Caller, nowMs: number): Kept {
    const key = JSON.stringify([caller.vendor, caller.tenant, caller.model]);
    const known = records.get(key);
    if (known !== undefined) return known;
    const rate = { ...caller, passed: 0, refused: 0, tokens: 0, firstAtMs: nowMs, peak: 0, minutes: [] };
    const made = { rate, recent: [] };
    records.set(key, made);
    return made;
  }

  return {
    pass(caller: Caller, nowMs: number, tokens: number) {
      const { rate, recent } = find(caller, nowMs);
      for (const sum of [rate, minuteOf(rate, nowMs)]) {
        sum.passed += 1;
        sum.tokens += tokens;
      }
      recent.push(nowMs);
      const kept = recent.findIndex((atMs) => atMs > nowMs - minuteMs);
      recent.splice(0, kept);
      rate.peak = Math.max(rate.peak, recent.length);
    },
    refuse(caller: Caller, nowMs: number) {
      const { rate } = find(caller, nowMs);
      for (const sum of [rate, minuteOf(rate, nowMs)]) sum.refused += 1;
    },
    list: (): Rate[] => [...records.values()].map(({ rate }) => rate),
  };
}

/** The minute to count in. Adds all minutes before it, even without calls. */
function minuteOf({ firstAtMs, minutes }: Rate, nowMs: number): Minute {
  const at = Math.max(0, Math.floor((nowMs - firstAtMs) / minuteMs));
  if (at >= minutesMax) return { passed: 0, refused: 0, tokens: 0 };
  while (minutes.length <= at) minutes.push({ passed: 0, refused: 0, tokens: 0 });
  return minutes[at] ?? { passed: 0, refused: 0, tokens: 0 };
}
