// What tokens cost: dated list prices in USD per million tokens, by lane.

import { type Lane, noUsage, type Usage } from '../outcome/outcome.ts';

export interface TokenPrice {
  readonly input: number;
  /** What a cached input token costs; absent: as an uncached one. */
  readonly cachedInput?: number;
  /** What writing to the cache costs per token; absent: as an uncached one. */
  readonly cacheWrite?: number;
  readonly output: number;
}

export interface ModelPrice {
  readonly batch: TokenPrice;
  readonly realtime: TokenPrice;
  /** Prompts above this many tokens cost `inputFactor` and `outputFactor` times as much. */
  readonly longContext?: { readonly above: number; readonly inputFactor: number; readonly outputFactor: number };
}

export type Prices = Readonly<Record<string, ModelPrice>>;

const perToken = 1e-6;

/** Null where the price or the tokens are unknown: an unknown cost is never shown as none. */
export function costUsd(usage: Usage, lane: Lane, price: ModelPrice | undefined): number | null {
  if (price === undefined || usage.input === null) return null;
  const rate = price[lane];
  const cached = Math.min(usage.cachedInput ?? 0, usage.input);
  const written = Math.min(usage.cacheWrite ?? 0, usage.input - cached);
  const fresh = usage.input - cached - written;
  const long = price.longContext !== undefined && usage.input > price.longContext.above ? price.longContext : undefined;
  const input =
    fresh * rate.input + cached * (rate.cachedInput ?? rate.input) + written * (rate.cacheWrite ?? rate.input);
  const output = (usage.output ?? 0) * rate.output;
  return perToken * (input * (long?.inputFactor ?? 1) + output * (long?.outputFactor ?? 1));
}

/** What tokens of many items together cost: sums are no long prompt. */
export function costOfSum(usage: Usage, lane: Lane, price: ModelPrice | undefined): number | null {
  return costUsd(usage, lane, price && { batch: price.batch, realtime: price.realtime });
}

/** What an item is estimated to cost in a lane; null where there is no price. */
export function estimateUsd(
  { inputTokens, outputTokens }: { readonly inputTokens: number; readonly outputTokens: number },
  lane: Lane,
  price: ModelPrice | undefined,
): number | null {
  return costUsd({ ...noUsage, input: inputTokens, output: outputTokens }, lane, price);
}

/** To a billionth of a dollar: sums of binary fractions end in digits that mean nothing. */
export function roundUsd(usd: number): number {
  return Math.round(usd * 1e9) / 1e9;
}

/** The price of a model by its name, by the name without a date, or by the model that it was tuned from. */
export function findPrice(model: string, prices: Prices): ModelPrice | undefined {
  const base = model.startsWith('ft:') ? (model.split(':')[1] ?? model) : model;
  return prices[model] ?? prices[base] ?? prices[withoutDate(base)];
}

function withoutDate(model: string): string {
  return model.replace(/-(\d{4}-\d{2}-\d{2}|\d{8}|latest)$/, '');
}

/** Tokens of a text by rule of thumb: four bytes each. Shown as estimated wherever it is shown. */
export function estimatedTokens(bytes: number): number {
  return Math.ceil(bytes / 4);
}

/** Where a request names no limit of its own, this many output tokens are assumed. */
export const assumedOutputTokens = 512;
