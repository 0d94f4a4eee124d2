// What tokens cost: dated list prices in USD per million tokens, by lane.

import type { Lane } from '../outcome/outcome.ts';
import { noUsage, plus, type Usage } from '../outcome/usage.ts';
import type { Need } from '../request/needs.ts';

export interface TokenPrice {
  readonly input: number;
  /** The price of a cached input token; absent: as an uncached one. */
  readonly cachedInput?: number;
  /** The price per token of writing to the cache, for the provider's shortest lifetime; absent: as an uncached one. */
  readonly cacheWrite?: number;
  /** The price of writing to the cache for an hour; absent: as `cacheWrite`. */
  readonly cacheWrite1h?: number;
  /** The price of an input token of an image, for models that make images; absent: as any other input token. */
  readonly imageInput?: number;
  readonly output: number;
}

export interface ModelPrice {
  readonly batch: TokenPrice;
  readonly realtime: TokenPrice;
  /** Prompts above this many tokens cost `inputFactor` and `outputFactor` times as much. */
  readonly longContext?: { readonly above: number; readonly inputFactor: number; readonly outputFactor: number };
  /** Each token costs so many times as much in an account that is bound to a region; absent: the same. */
  readonly regionFactor?: number;
  /** What the model does not take, so that a request for it is refused before it is paid for. */
  readonly lacks?: readonly Need[];
  /** The most output tokens that the model gives in one answer; absent if not known. */
  readonly maxOutputTokens?: number;
}

export type Prices = Readonly<Record<string, ModelPrice>>;

const perToken = 1e-6;

/** Null if the price or the tokens are unknown: an unknown cost is never shown as zero. */
export function costUsd(usage: Usage, lane: Lane, price: ModelPrice | undefined): number | null {
  if (price === undefined) return null;
  const rate = price[lane];
  const [input, output] = [costOfInput(usage, rate), costOfTokens(usage.output, rate.output)];
  if (input === null || output === null) return null;
  const { longContext } = price;
  const long = longContext !== undefined && (usage.input ?? 0) > longContext.above ? longContext : undefined;
  return roundUsd(perToken * (input * (long?.inputFactor ?? 1) + output * (long?.outputFactor ?? 1)));
}

/** A price in an account that is bound to a region has no `regionFactor`: it is a part of the rates. */
export function costOfAnswer(
  { usage, ranInRegion = false }: { readonly usage: Usage; readonly ranInRegion?: boolean },
  lane: Lane,
  price: ModelPrice | undefined,
): number | null {
  const usd = costUsd(usage, lane, price);
  return ranInRegion && usd !== null ? roundUsd(usd * (price?.regionFactor ?? 1)) : usd;
}

function costOfInput(usage: Usage, rate: TokenPrice): number | null {
  const { input } = usage;
  if (input === null || input < 0) return costOfTokens(null, rate.input);
  const cached = clamp(usage.cachedInput, input);
  const written = clamp(usage.cacheWrite, input - cached);
  const writtenForHour = clamp(usage.cacheWrite1h, written);
  const write = rate.cacheWrite ?? rate.input;
  const fresh = input - cached - written;
  const ofImages = clamp(usage.imageInput, fresh);
  return (
    (fresh - ofImages) * rate.input +
    ofImages * (rate.imageInput ?? rate.input) +
    cached * (rate.cachedInput ?? rate.input) +
    (written - writtenForHour) * write +
    writtenForHour * (rate.cacheWrite1h ?? write)
  );
}

const clamp = (tokens: number | null | undefined, most: number): number => Math.min(Math.max(tokens ?? 0, 0), most);

/**
 * An unknown number of tokens costs nothing if such tokens are free, like the output of embeddings. A number below zero counts as unknown: its
 * cost would make room in the budget.
 */
function costOfTokens(tokens: number | null, rate: number): number | null {
  if (tokens === null || tokens < 0) return rate === 0 ? 0 : null;
  return tokens * rate;
}

/** The cost of the tokens of many items together: a sum does not count as a long prompt. */
export function costOfSum(usage: Usage, lane: Lane, price: ModelPrice | undefined): number | null {
  return costUsd(usage, lane, price && { batch: price.batch, realtime: price.realtime });
}

/** The estimated cost of an item in a lane; null if there is no price or no known limit of its output tokens. */
export function estimateUsd(
  { inputTokens, outputTokens }: { readonly inputTokens: number; readonly outputTokens: number | null },
  lane: Lane,
  price: ModelPrice | undefined,
): number | null {
  return costUsd({ ...noUsage, input: inputTokens, output: outputTokens }, lane, price);
}

/** A sum with an unknown part is unknown: for estimates, which must never be too small. */
export const sumOrUnknown = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : a + b;

export const maxOrUnknown = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : Math.max(a, b);

/** A sum over what is known; null if nothing is. */
export const plusUsd = (a: number | null, b: number | null): number | null => roundKnown(plus(a, b));

/** A thousandth of what the cheapest token costs. */
const digits = 1e12;

/** Sums of binary fractions end in meaningless digits. */
export function roundUsd(usd: number): number {
  return Math.round(usd * digits) / digits;
}

export const roundKnown = (usd: number | null): number | null => (usd === null ? null : roundUsd(usd));

/** The price of a model by its name, by the name without a date, or by the model that it was tuned from. */
export function findPrice(model: string, prices: Prices): ModelPrice | undefined {
  const base = model.startsWith('ft:') ? (model.split(':')[1] ?? model) : model;
  const name = [model, base, withoutDate(base)].find((each) => Object.hasOwn(prices, each));
  return name === undefined ? undefined : prices[name];
}

/** An account of the whole world is not bound to a region. */
const world = 'global';

/** The prices for an account. */
export function findPricesIn(region: string | null, prices: Prices): Prices {
  if (region === null || region === world) return prices;
  return Object.fromEntries(Object.entries(prices).map(([model, price]) => [model, toRegion(price)]));
}

function toRegion({ regionFactor = 1, ...price }: ModelPrice): ModelPrice {
  const multiply = (rate: TokenPrice): TokenPrice =>
    Object.fromEntries(Object.entries(rate).map(([kind, usd]) => [kind, usd * regionFactor])) as unknown as TokenPrice;
  return { ...price, batch: multiply(price.batch), realtime: multiply(price.realtime) };
}

/** Estimates have four bytes for each token, and no tokenizer makes more tokens than there are bytes. */
const bytesOfToken = 4;

/**
 * The price by which work is reserved. If the budget is strict, it is that of the most that an estimated token may cost: each of its bytes is a
 * token, at the highest price of input, and of a long prompt as soon as the bytes are so many.
 */
export function findReservePrice(model: string, prices: Prices, isStrict: boolean): ModelPrice | undefined {
  const price = findPrice(model, prices);
  if (price === undefined || !isStrict) return price;
  const { longContext } = price;
  return {
    ...price,
    batch: widenInput(price.batch),
    realtime: widenInput(price.realtime),
    ...(longContext === undefined ? {} : { longContext: { ...longContext, above: longContext.above / bytesOfToken } }),
  };
}

function widenInput(rate: TokenPrice): TokenPrice {
  const { input, cacheWrite = 0, cacheWrite1h = 0, imageInput = 0 } = rate;
  return { input: bytesOfToken * Math.max(input, cacheWrite, cacheWrite1h, imageInput), output: rate.output };
}

function withoutDate(model: string): string {
  return model.replace(/[-@](\d{4}-\d{2}-\d{2}|\d{8}|latest)$/, '');
}

/** Tokens of a text by a rule of thumb: four bytes each. Always shown as an estimate. */
export function estimatedTokens(bytes: number): number {
  return Math.ceil(bytes / bytesOfToken);
}
