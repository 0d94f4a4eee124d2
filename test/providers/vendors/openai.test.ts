// What OpenAI alone has of a provider, against the emulator.

import { describe, expect, test } from 'vitest';
import { catchFacts, collectOutcomes, context, requireEmulated, startVendor } from './emulated-vendor.ts';

const openai = requireEmulated('openai');

describe('openai alone', () => {
  test('a file that the vendor cannot find yet is waited for', async () => {
    const { prepare, submit } = await startVendor(openai, { batch: { fileNotFoundFor: 1 } });
    expect((await catchFacts(submit(await prepare(['a'])))).fault).toBe('not_ready');
  });

  test('a batch over the limit of enqueued tokens says so by its reason', async () => {
    const { provider, prepare, submit, end } = await startVendor(openai, { enqueuedTokenLimit: 1 });
    const handle = await submit(await prepare(['a long enough question, and another']));
    await end();
    const view = await provider.poll(handle, context());
    expect(view).toMatchObject({ ending: 'failed', errors: [{ reason: 'capacity', line: null }] });
  });

  test('a batch of which all failed is read from its error file alone', async () => {
    const { provider, prepare, submit, end } = await startVendor(openai, { batch: { allFailed: true } });
    const handle = await submit(await prepare(['a', 'b']));
    await end();
    expect(await collectOutcomes(provider, handle)).toMatchObject([{ kind: 'error' }, { kind: 'error' }]);
  });

  test.each([{ requestCountsNull: true }, { zeroByteErrorFile: true }])('a batch with %o is read', async (batch) => {
    const { provider, prepare, submit, end } = await startVendor(openai, { batch });
    const handle = await submit(await prepare(['a', 'b']));
    await end();
    expect((await provider.poll(handle, context())).phase).toBe('ended');
    expect(await collectOutcomes(provider, handle)).toHaveLength(2);
  });

  test('what a batch leaves behind is deleted: its input and its output', async () => {
    const { provider, prepare, submit, end, control } = await startVendor(openai);
    const handle = await submit(await prepare(['a']));
    await end();
    await provider.forget(handle, context());
    const deleted = (await control.requests('openai.files.delete')).map(({ status }) => status);
    expect(deleted).toEqual([200, 200]);
  });
});
