// Anthropic against the emulator: the contract, and what is Anthropic's alone.

import { describe, expect, test } from 'vitest';
import { anthropicProvider } from '../../../providers/vendors/anthropic/index.ts';
import { bench, catchFacts, context, type Vendor } from './bench.ts';
import { providerContract } from './contract.ts';

const anthropic: Vendor = {
  name: 'anthropic',
  make: anthropicProvider,
  baseUrl: (emulator) => emulator.anthropicBaseUrl,
  model: 'claude-haiku-4-5',
};

providerContract(anthropic, {
  create: 'anthropic.batches.create',
  look: 'anthropic.batches.retrieve',
  download: 'anthropic.batches.results',
  call: 'anthropic.messages',
});

describe('anthropic alone', () => {
  test('a batch that has not ended is possible, and confirmed or excluded once it has', async () => {
    const { provider, prepare, submit, end } = await bench(anthropic);
    const [one, other] = [await prepare(['a', 'b']), await prepare(['c', 'd'])];
    const [first] = [await submit(one), await submit(other)];
    const early = await provider.find(one.submission, context());
    expect([early.confirmed.length, early.possible.length]).toEqual([0, 2]);
    await end();
    const late = await provider.find(one.submission, context());
    expect(late).toMatchObject({ confirmed: [{ id: first?.id }], possible: [] });
  });

  test('batches of another size, known ones and older ones are no candidates', async () => {
    const { provider, prepare, submit, control } = await bench(anthropic);
    await submit(await prepare(['a', 'b', 'c']));
    const known = await submit(await prepare(['a', 'b']));
    const { submission } = await prepare(['c', 'd'], [known.id]);
    expect(await provider.find(submission, context())).toEqual({ confirmed: [], possible: [] });
    const { nowMs } = await control.now();
    const later = { ...submission, known: new Set<string>(), since: nowMs + 1 };
    expect((await provider.find(later, context())).possible).toEqual([]);
  });

  test('whose a batch is gets read once, however often it is looked for', async () => {
    const { provider, prepare, submit, end, control } = await bench(anthropic);
    const one = await prepare(['a', 'b']);
    await submit(await prepare(['c', 'd']));
    await end();
    for (let time = 0; time < 3; time += 1) await provider.find(one.submission, context());
    expect(await control.requests('anthropic.batches.results')).toHaveLength(1);
  });

  test('a full queue is capacity, not a rate', async () => {
    const { prepare, submit } = await bench(anthropic, { anthropicQueueLimit: 1 });
    expect((await catchFacts(submit(await prepare(['a', 'b'])))).fault).toBe('capacity');
  });
});
