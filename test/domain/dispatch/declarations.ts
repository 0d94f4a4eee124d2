// What a holder declares, for tests: one need of one model, with whatever a test changes.

import type { Declaration, Need } from '../../../domain/dispatch/declaration.ts';

export const makeLoad = (batches: number, tokens = 100 * batches, usd = batches) => ({ batches, tokens, usd });

export const makeNeed = (waiting: number, change: Partial<Need> = {}): Need => ({
  model: 'm',
  lane: 'batch',
  held: makeLoad(0),
  unsure: 0,
  accepted: 0,
  waiting,
  each: { tokens: 100, usd: 1 },
  taken: 0,
  granted: 0,
  refused: { count: 0, askedAt: 0, named: null },
  endedAt: 0,
  ...change,
});

export const makeDeclaration = (
  holder: string,
  seq: number,
  needs: readonly Need[],
  change: Partial<Declaration> = {},
): Declaration => ({
  holder,
  run: 'run',
  began: 0,
  seq,
  provider: 'openai',
  account: 'default',
  sharing: { tenant: 't' },
  needs,
  spentUsd: 0,
  isClosed: false,
  ...change,
});
