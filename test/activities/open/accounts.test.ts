// What a job takes from its own account: the rules of requests, and the prices of a region.

import { expect, test } from 'vitest';
import { job, world, written } from './world.ts';

test('a request is checked by the rules of its own account', async () => {
  const at = await world();
  const given = at.deps.provider('openai');
  if (given === undefined) throw new Error('the world has no provider');
  const strict = { ...given, findProblems: () => ['region: this account is bound to one'] };
  Object.assign(at.deps, {
    provider: (_name: string, account?: string) => (account === 'eu' ? strict : given),
    accounts: () => ['default', 'eu'],
  });
  await at.open(job);
  await expect(at.open({ ...job, account: 'eu', output: 'runs/eu/' })).rejects.toMatchObject({
    problems: [{ where: 'request', message: 'region: this account is bound to one' }],
  });
});

test('a job keeps the prices of its account’s region', async () => {
  const at = await world();
  const given = at.deps.provider('openai');
  if (given === undefined) throw new Error('the world has no provider');
  const [price] = Object.values(at.deps.prices.models);
  Object.assign(at.deps, {
    provider: () => ({ ...given, priceRegion: 'eu' }),
    prices: { ...at.deps.prices, models: { m: { ...price, regionFactor: 1.5 } } },
  });
  await at.open(job);
  expect(written(at)?.prices).toEqual({ m: { batch: { input: 1.5, output: 1.5 }, realtime: { input: 3, output: 3 } } });
});
