// Whole numbers with more digits than a number of JavaScript keeps, such as the ids of many systems: a request must have the digits of its row.

import type { Json } from '../outcome/outcome.ts';

/**
 * Whether a parsed value may have lost digits. Looks at values and not at the text, which can be long. Without recursion, because a row may be nested
 * deeper than the stack allows.
 */
export function holdsLongNumber(value: Json): boolean {
  const open: Json[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next === 'number') {
      if (Number.isInteger(next) && !Number.isSafeInteger(next)) return true;
    } else if (typeof next === 'object' && next !== null) {
      for (const each of Array.isArray(next) ? next : Object.values(next)) {
        if (typeof each === 'number' || typeof each === 'object') open.push(each);
      }
    }
  }
  return false;
}

/** Written with all its digits. Liquid's filters and operators calculate and compare with the nearest number. */
export class LongNumber {
  readonly #digits: string;

  constructor(digits: string) {
    this.#digits = digits;
  }

  valueOf(): number {
    return Number(this.#digits);
  }

  toString(): string {
    return this.#digits;
  }

  toJSON(): object {
    return json.rawJSON(this.#digits);
  }

  equals(other: unknown): boolean {
    return typeof other === 'string' ? false : this.valueOf() === Number(other);
  }

  gt(other: unknown): boolean {
    return this.valueOf() > Number(other);
  }

  geq(other: unknown): boolean {
    return this.valueOf() >= Number(other);
  }

  lt(other: unknown): boolean {
    return this.valueOf() < Number(other);
  }

  leq(other: unknown): boolean {
    return this.valueOf() <= Number(other);
  }
}

/** JSON that JSON.parse has accepted, where each long number is a `LongNumber`. Slow: only for text that holds one. */
export function parseExactly<Value extends Json>(text: string): Value {
  return json.parse(text, (_name, value, { source = '' }) => (isLong(value, source) ? new LongNumber(source) : value));
}

const isLong = (value: unknown, source: string): boolean =>
  typeof value === 'number' &&
  !Number.isSafeInteger(value) &&
  Number.isFinite(value) &&
  /^-?[0-9]+$/.test(source) &&
  String(value) !== source;

/** What TypeScript's library does not have yet (ECMAScript, JSON.parse with source text). */
const json = JSON as unknown as {
  rawJSON(text: string): object;
  parse<T>(text: string, revive: (name: string, value: unknown, context: { source?: string }) => unknown): T;
};
