// The promises about finding what a create may have made: a part of the contract of every provider.

import { describe, expect, test } from 'vitest';
import {
  catchFacts,
  context,
  type EmulatedVendor,
  isOneOf,
  listTexts,
  makeProvider,
  soonMs,
  startVendor,
} from './emulated-vendor.ts';

export function findContract(vendor: EmulatedVendor): void {
  describe(`${vendor.name}: looking before creating`, () => {
    test.each(['reset', '502'] as const)('a create whose reply is lost by %s is ambiguous, and found', async (how) => {
      const { provider, prepare, submit, end } = await startVendor(vendor, {
        loseReply: { route: vendor.routes.create, how },
      });
      const prepared = await prepare(listTexts(7));
      const { ambiguous, fault } = await catchFacts(submit(prepared));
      expect(ambiguous, fault).toBe(true);
      await end();
      const { confirmed } = await provider.find(prepared.submission, context());
      expect(confirmed).toHaveLength(1);
    });

    test('a create that takes too long is ambiguous', async () => {
      const { provider, prepare } = await startVendor(vendor, {
        loseReply: { route: vendor.routes.create, how: 'timeout' },
      });
      const { file, submission } = await prepare(listTexts(3));
      const staged = await provider.upload(file, submission, context());
      const facts = await catchFacts(
        provider.create(staged, file, submission, { signal: AbortSignal.timeout(soonMs) }),
      );
      expect(facts).toMatchObject({ fault: 'timeout', ambiguous: true });
    });

    test.each(['newest', 'oldest'] as const)('it finds its own among thousands, listed %s first', async (order) => {
      const list = { foreign: 3000, foreignSpreadMs: 6 * 60 * 60_000, order };
      const { provider, prepare, submit, end, control } = await startVendor(vendor, { list });
      const [one, other] = [await prepare(listTexts(4)), await prepare(listTexts(4))];
      const [first, second] = [await submit(one), await submit(other)];
      await control.clock({ advanceMs: 2000 });
      const twin = await submit(one);
      await end();
      const found = await provider.find(one.submission, context());
      expect(found.confirmed.map(({ id }) => id)).toEqual([...new Set([first.id, twin.id])]);
      const others = await provider.find(
        { ...other.submission, isOwnedByOther: isOneOf([first.id, twin.id]) },
        context(),
      );
      expect(others.confirmed.map(({ id }) => id)).toEqual([second.id]);
    });

    const asksForFiles = vendor.routes.upload !== null && makeProvider(vendor.entry, {}).holdsFile !== undefined;
    test.runIf(asksForFiles)('an uploaded file is held by its account alone', async () => {
      const { provider, prepare, control } = await startVendor(vendor, { keys: { 'sk-test': 'ours' } });
      const { file, submission } = await prepare(listTexts(2000));
      const { fileId } = await provider.upload(file, submission, context());
      const isHeld = () => provider.holdsFile?.(fileId ?? '', context());
      expect(await isHeld()).toBe(true);
      await control.setOptions({ keys: { 'sk-test': 'theirs' } });
      expect(await isHeld()).toBe(false);
    });

    test('it finds nothing where nothing is', async () => {
      const { provider, prepare } = await startVendor(vendor);
      const { submission } = await prepare(listTexts(4));
      expect(await provider.find(submission, context())).toEqual({ confirmed: [], possible: [] });
    });
  });
}
