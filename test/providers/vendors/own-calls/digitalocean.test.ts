// What DigitalOcean alone has of a provider, against the emulator.

import { describe, expect, test } from 'vitest';
import {
  catchFacts,
  collectLines,
  collectOutcomes,
  context,
  requireEmulated,
  startVendor,
} from '../emulated-vendor.ts';

const digitalocean = requireEmulated('digitalocean');

describe('digitalocean alone', () => {
  test('an upload that does not fit into the storage of files waits for room', async () => {
    const { prepare, submit } = await startVendor(digitalocean, { limits: { files: 0 } });
    expect((await catchFacts(submit(await prepare(['a'])))).fault).toBe('capacity');
  });

  test('a create that is repeated gives the same batch, so nothing is paid twice', async () => {
    const { prepare, submit, control } = await startVendor(digitalocean);
    const prepared = await prepare(['a']);
    const [first, second] = [await submit(prepared), await submit(prepared)];
    expect(second.id).toBe(first.id);
    expect((await control.counts()).batchesCreated).toBe(1);
  });

  test('results of a batch that runs are not there yet', async () => {
    const { provider, prepare, submit } = await startVendor(digitalocean);
    const handle = await submit(await prepare(['a']));
    expect((await catchFacts(collectLines(provider.download(handle, context())))).fault).toBe('not_ready');
  });

  test('a refused upload or download is tried again, with another signature', async () => {
    const { provider, prepare, submit, end } = await startVendor(digitalocean, {
      calls: { 'openai.files.put': { status: 403, times: 1 }, 'openai.files.signed': { status: 403, times: 1 } },
    });
    const prepared = await prepare(['a', '[[fail:400]]']);
    // Tried a bounded number of times: a refusal may also be for good.
    expect((await catchFacts(submit(prepared))).fault).toBe('not_ready');
    const handle = await submit(prepared);
    await end();
    expect((await catchFacts(collectLines(provider.download(handle, context())))).fault).toBe('not_ready');
    expect(await collectOutcomes(provider, handle)).toMatchObject([{ kind: 'answer' }, { kind: 'error' }]);
  });
});
