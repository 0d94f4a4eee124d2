// The list prices that come with Nightshift, dated. For activities and the worker only: workflow code gets prices from the
// job's first activity, or a deploy with new ones would change what a running job decides.

import type { ModelPrice } from './cost.ts';
import table from './prices.json' with { type: 'json' };

/** Where a provider's cache has several lifetimes, `cacheWrite` is the price of one hour, which `prompt.cache` asks for. */
export const builtInPrices: {
  readonly dated: string;
  readonly models: Readonly<Record<string, ModelPrice>>;
} = table;
