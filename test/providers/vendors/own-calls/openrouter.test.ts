// What OpenRouter alone has of a provider, against the emulator.

import { describe, expect, test } from 'vitest';
import { collectOutcomes, context, requireEmulated, startVendor } from '../emulated-vendor.ts';

const openrouter = requireEmulated('openrouter');
const texts = (count: number): string[] => Array.from({ length: count }, (_, at) => `question ${at}`);

describe('openrouter alone', () => {
  test('a running batch of the right time and size may be the one that is searched; its results decide', async () => {
    const { provider, prepare, submit, end } = await startVendor(openrouter);
    const [ours, theirs] = [await prepare(texts(4)), await prepare(texts(4))];
    const [own, other] = [await submit(ours), await submit(theirs)];
    const running = await provider.find(ours.submission, context());
    expect(running.confirmed).toEqual([]);
    expect(running.possible.map(({ id }) => id).sort()).toEqual([own.id, other.id].sort());
    await end();
    const ended = await provider.find(ours.submission, context());
    expect([ended.confirmed.map(({ id }) => id), ended.possible]).toEqual([[own.id], []]);
  });

  test('a batch of another size is not taken, once its requests are counted', async () => {
    const { provider, prepare, submit, control } = await startVendor(openrouter, { validateMs: 1000, runMs: 600_000 });
    const [four, five] = [await prepare(texts(4)), await prepare(texts(5))];
    const { id } = await submit(five);
    expect((await provider.find(four.submission, context())).possible).toMatchObject([{ id }]);
    await control.clock({ advanceMs: 10_000 });
    expect(await provider.find(four.submission, context())).toEqual({ confirmed: [], possible: [] });
  });

  test('results are read page by page, to the end', async () => {
    const { provider, prepare, submit, end, control } = await startVendor(openrouter);
    const handle = await submit(await prepare(texts(2100)));
    await end();
    expect(await collectOutcomes(provider, handle)).toHaveLength(2100);
    const pages = (await control.requests()).filter(({ route }) => route === 'openai.batches.results');
    expect(pages).toHaveLength(3);
  });

  test('a batch that the check refused proves nothing, and names no output', async () => {
    const failWith = { code: 'invalid_request', message: 'A request is not valid.' };
    const { provider, prepare, submit, end } = await startVendor(openrouter, { batch: { failWith } });
    const handle = await submit(await prepare(texts(2)));
    await end();
    const view = await provider.poll(handle, context());
    expect(view).toMatchObject({ ending: 'failed', outputs: [], errors: [{ reason: 'other' }] });
    expect(provider.proofs.failed.nothingRan).toBe('never');
  });

  test('a batch that runs is not deleted', async () => {
    const { provider, prepare, submit, control } = await startVendor(openrouter);
    const handle = await submit(await prepare(texts(2)));
    await provider.forget(handle, context());
    expect((await control.requests()).filter(({ route }) => route === 'openai.batches.delete')).toEqual([]);
    expect((await provider.poll(handle, context())).phase).not.toBe('ended');
  });
});
