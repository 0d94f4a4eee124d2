// What Anthropic alone has of a provider, against the emulator.

import { describe, expect, test } from 'vitest';
import { catchFacts, context, isOneOf, requireEmulated, startVendor } from './emulated-vendor.ts';

const anthropic = requireEmulated('anthropic');

describe('anthropic alone', () => {
  test('a batch that has not ended is possible, and confirmed or excluded once it has', async () => {
    const { provider, prepare, submit, end } = await startVendor(anthropic);
    const [one, other] = [await prepare(['a', 'b']), await prepare(['c', 'd'])];
    const [first] = [await submit(one), await submit(other)];
    const early = await provider.find(one.submission, context());
    expect([early.confirmed.length, early.possible.length]).toEqual([0, 2]);
    await end();
    const late = await provider.find(one.submission, context());
    expect(late).toMatchObject({ confirmed: [{ id: first?.id }], possible: [] });
  });

  test('batches of another size, known ones, older ones and younger ones are not candidates', async () => {
    const { provider, prepare, submit, control } = await startVendor(anthropic);
    await submit(await prepare(['a', 'b', 'c']));
    const known = await submit(await prepare(['a', 'b']));
    const { submission } = await prepare(['c', 'd'], [known.id]);
    expect(await provider.find(submission, context())).toEqual({ confirmed: [], possible: [] });
    const { nowMs } = await control.now();
    const unknown = { ...submission, isOwnedByOther: isOneOf([]) };
    expect((await provider.find({ ...unknown, until: nowMs }, context())).possible).toHaveLength(1);
    for (const times of [{ since: nowMs + 1 }, { until: nowMs - 60_000 }]) {
      expect((await provider.find({ ...unknown, ...times }, context())).possible).toEqual([]);
    }
  });

  test('whose a batch is gets read once, however often it is looked for', async () => {
    const { provider, prepare, submit, end, control } = await startVendor(anthropic);
    const one = await prepare(['a', 'b']);
    await submit(await prepare(['c', 'd']));
    await end();
    for (let time = 0; time < 3; time += 1) await provider.find(one.submission, context());
    expect(await control.requests('anthropic.batches.results')).toHaveLength(1);
  });

  test.each([{ requestCountsNull: true }, { countsZero: true }])(
    'a batch whose number of requests is not known yet, by %o, is possible until it has ended',
    async (batch) => {
      const { provider, prepare, submit, end } = await startVendor(anthropic, { batch });
      const one = await prepare(['a', 'b']);
      const { id } = await submit(one);
      expect(await provider.find(one.submission, context())).toMatchObject({ confirmed: [], possible: [{ id }] });
      await end();
      expect(await provider.find(one.submission, context())).toMatchObject({ confirmed: [{ id }], possible: [] });
    },
  );

  test('an ended batch whose counts still say that it runs has not run nothing', async () => {
    const { provider, prepare, submit, end } = await startVendor(anthropic, { batch: { countsLate: true } });
    const handle = await submit(await prepare(['a', 'b']));
    await end();
    expect(await provider.poll(handle, context())).toMatchObject({ phase: 'ended', counts: null });
  });

  test('a full queue is capacity, not a rate', async () => {
    const { prepare, submit } = await startVendor(anthropic, { limits: { requests: 1 } });
    expect((await catchFacts(submit(await prepare(['a', 'b'])))).fault).toBe('capacity');
  });
});
