// OpenAI against the emulator: the contract, and what is OpenAI's alone.

import { describe, expect, test } from 'vitest';
import { openaiProvider } from '../../../providers/vendors/openai/index.ts';
import { bench, catchFacts, collectOutcomes, context, type Vendor } from './bench.ts';
import { providerContract } from './contract.ts';

const openai: Vendor = {
  name: 'openai',
  make: openaiProvider,
  baseUrl: (emulator) => emulator.openaiBaseUrl,
  model: 'gpt-5.4-mini',
};

providerContract(openai, {
  create: 'openai.batches.create',
  look: 'openai.batches.retrieve',
  download: 'openai.files.content',
  call: 'openai.chat',
});

describe('openai alone', () => {
  test('a file that the vendor cannot find yet is waited for', async () => {
    const { prepare, submit } = await bench(openai, { batch: { fileNotFoundFor: 1 } });
    expect((await catchFacts(submit(await prepare(['a'])))).fault).toBe('not_ready');
  });

  test('a batch over the limit of enqueued tokens says so by its code', async () => {
    const { provider, prepare, submit, end } = await bench(openai, { enqueuedTokenLimit: 1 });
    const handle = await submit(await prepare(['a long enough question, and another']));
    await end();
    const view = await provider.poll(handle, context());
    expect(view).toMatchObject({ ending: 'failed', errors: [{ code: 'token_limit_exceeded' }] });
  });

  test('a batch of which all failed is read from its error file alone', async () => {
    const { provider, prepare, submit, end } = await bench(openai, { batch: { allFailed: true } });
    const handle = await submit(await prepare(['a', 'b']));
    await end();
    expect(await collectOutcomes(provider, handle)).toMatchObject([{ kind: 'error' }, { kind: 'error' }]);
  });

  test.each([{ requestCountsNull: true }, { zeroByteErrorFile: true }])('a batch with %o is read', async (batch) => {
    const { provider, prepare, submit, end } = await bench(openai, { batch });
    const handle = await submit(await prepare(['a', 'b']));
    await end();
    expect((await provider.poll(handle, context())).phase).toBe('ended');
    expect(await collectOutcomes(provider, handle)).toHaveLength(2);
  });

  test('what a batch leaves behind is deleted: its input and its output', async () => {
    const { provider, prepare, submit, end, control } = await bench(openai);
    const handle = await submit(await prepare(['a']));
    await end();
    await provider.forget(handle, context());
    const deleted = (await control.requests('openai.files.delete')).map(({ status }) => status);
    expect(deleted).toEqual([200, 200]);
  });
});
