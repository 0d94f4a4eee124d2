// The list prices that come with Nightshift, dated. Only for activities and the worker: workflow code gets prices from the job's first
// activity. Otherwise a deploy with new prices would change what a running job decides.

import type { ModelPrice } from './cost.ts';
import table from './prices.json' with { type: 'json' };

export const builtInPrices: {
  readonly dated: string;
  readonly models: Readonly<Record<string, ModelPrice>>;
} = table;
