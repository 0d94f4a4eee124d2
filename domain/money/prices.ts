// The list prices that come with Nightshift, dated. For activities and the worker only: workflow code gets prices from the
// job's first activity, or a deploy with new ones would change what a running job decides.

import type { ModelPrice } from './cost.ts';
import table from './prices.json' with { type: 'json' };

export const builtInPrices: {
  readonly dated: string;
  readonly models: Readonly<Record<string, ModelPrice>>;
} = table;
