// The promises about the files that an account stores: a part of the contract of every provider that lists them.

import { describe, expect, test } from 'vitest';
import { context, type EmulatedVendor, listTexts, makeProvider, startVendor } from './emulated-vendor.ts';

/** Uploaded even where a small batch is sent with its create. */
const isLarge = listTexts(1500);

export function filesContract(vendor: EmulatedVendor): void {
  const { measureFiles } = makeProvider(vendor.entry, {});
  describe.runIf(measureFiles !== undefined)(`${vendor.name}: the files of its account`, () => {
    test('are added up over all pages, and Nightshift knows its own', async () => {
      const { provider, prepare } = await startVendor(vendor, { list: { pageMax: 2 } });
      const { file, submission } = await prepare(isLarge);
      const names = [file.name, file.name, file.name, 'theirs.jsonl', 'others.jsonl'];
      for (const name of names) await provider.upload({ ...file, name }, submission, context());
      const usage = await provider.measureFiles?.(context());
      expect(usage).toMatchObject({ files: 5, own: 3, isWhole: true });
      expect(usage?.bytes).toBeGreaterThan(0);
    });

    test('of which there are none', async () => {
      const { provider } = await startVendor(vendor);
      const nothing = { files: 0, bytes: 0, own: 0, lasting: 0, isWhole: true };
      expect(await provider.measureFiles?.(context())).toEqual(nothing);
    });
  });
}
