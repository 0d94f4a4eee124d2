// What OpenAI alone has of a provider, against the emulator.

import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  catchFacts,
  collectOutcomes,
  context,
  makeLine,
  makeProvider,
  requireEmulated,
  startVendor,
  targetOf,
} from './emulated-vendor.ts';

const openai = requireEmulated('openai');

describe('openai alone', () => {
  test('a file that the vendor cannot find yet is waited for', async () => {
    const { prepare, submit } = await startVendor(openai, { batch: { fileNotFoundFor: 1 } });
    expect((await catchFacts(submit(await prepare(['a'])))).fault).toBe('not_ready');
  });

  test('a batch over the limit of enqueued tokens says so by its reason', async () => {
    const { provider, prepare, submit, end } = await startVendor(openai, { limits: { tokens: 1 } });
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

  test('an error file that is named before the output is not taken for all of it', async () => {
    const late = { batch: { outputShownAfterMs: 3_600_000 } };
    const { provider, prepare, submit, end } = await startVendor(openai, late);
    const handle = await submit(await prepare(['a', 'b', '[[fail:500]]', 'c']));
    await end();
    const { counts, files, outputs } = await provider.poll(handle, context());
    expect([(counts?.done ?? 0) > 0, (counts?.failed ?? 0) > 0, files.length, outputs]).toEqual([true, true, 2, []]);
  });

  test('counts of 0 of a batch that was run prove nothing', async () => {
    const fault = { endAs: 'cancelled', partial: 0.5, countsZero: true } as const;
    const { provider, prepare, submit, end } = await startVendor(openai, { batch: fault });
    const handle = await submit(await prepare(['a', 'b', 'c', 'd']));
    await end();
    expect(await provider.poll(handle, context())).toMatchObject({ ending: 'cancelled', counts: null });
  });

  test('a batch is created and found although its object lacks its time and has errors of another shape', async () => {
    const { provider, prepare, submit } = await startVendor(openai, { batch: { oddFields: true } });
    const [one, other] = [await prepare(['a']), await prepare(['b'])];
    const { id, createdAt } = await submit(one);
    expect(Math.abs(createdAt - Date.now())).toBeLessThan(60_000);
    expect(await provider.find(one.submission, context())).toMatchObject({ confirmed: [{ id }] });
    expect(await provider.find(other.submission, context())).toEqual({ confirmed: [], possible: [] });
    expect((await provider.poll({ id, createdAt, fileId: null }, context())).phase).not.toBe('ended');
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

test.each([
  ['https://api.openai.com/v1', null, 'api.openai.com'],
  ['https://api.openai.com/v1', 'eu', 'eu.api.openai.com'],
  ['https://API.OpenAI.com:443/v1/', 'eu', 'eu.api.openai.com'],
  ['https://us.api.openai.com/v1', 'eu', 'eu.api.openai.com'],
  ['https://proxy.example/v1', 'eu', 'proxy.example'],
])('an account with the address %s and the region %s calls %s alone', async (baseUrl, region, host) => {
  const { prepare } = await startVendor(openai);
  const { file, submission, ids } = await prepare(['a']);
  const handle = { id: 'batch_1', createdAt: 0, fileId: 'file-1' };
  const hosts: string[] = [];
  vi.stubGlobal('fetch', async (url: string | URL | Request) => {
    hosts.push(new URL(url instanceof Request ? url.url : url).hostname);
    return new Response('{}', { status: 500 });
  });
  onTestFinished(() => void vi.unstubAllGlobals());
  const provider = makeProvider(openai.entry, { apiKey: 'k', baseUrl, ...(region !== null && { region }) });
  await Promise.allSettled([
    provider.check(null, context()),
    provider.upload(file, submission, context()),
    provider.find(submission, context()),
    provider.create({ fileId: 'file-1' }, file, submission, context()),
    provider.poll(handle, context()),
    provider.cancel(handle, context()),
    provider.forget(handle, context()),
    collectOutcomes(provider, handle),
    provider.call(
      Buffer.from(makeLine(openai, provider, ids[0] ?? ('' as never), 'a')),
      targetOf(openai, provider),
      context(),
    ),
  ]);
  expect(hosts.length).toBeGreaterThanOrEqual(9);
  expect(new Set(hosts)).toEqual(new Set([host]));
});
