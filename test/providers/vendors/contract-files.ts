// The promises about the files that an account stores: a part of the contract of every provider that lists or deletes them.

import { describe, expect, test } from 'vitest';
import {
  collectOutcomes,
  context,
  type EmulatedVendor,
  listTexts,
  makeProvider,
  startVendor,
} from './emulated-vendor.ts';

/** Uploaded even where a small batch is sent with its create. */
const manyTexts = listTexts(1500);

const dayMs = 86_400_000;

export function filesContract(vendor: EmulatedVendor): void {
  const { measureFiles, forgetFile } = makeProvider(vendor.entry, {});
  describe.runIf(measureFiles !== undefined)(`${vendor.name}: the files of its account`, () => {
    test('are added up over all pages, and Nightshift knows its own', async () => {
      const { provider, prepare } = await startVendor(vendor, { list: { pageMax: 2 } });
      const { file, submission } = await prepare(manyTexts);
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

  const { uploadDays } = vendor;
  test.runIf(uploadDays !== undefined)(`${vendor.name}: an upload expires by itself, and says so`, async () => {
    const { provider, prepare, control } = await startVendor(vendor);
    const { file, submission } = await prepare(manyTexts);
    const staged = await provider.upload(file, submission, context());
    const isHeld = (): Promise<boolean> | undefined => provider.holdsFile?.(staged.fileId ?? '', context());
    expect(await provider.measureFiles?.(context())).toMatchObject({ files: 1, lasting: 0 });
    await control.clock({ advanceMs: (uploadDays ?? 0) * dayMs - 60_000 });
    expect(await isHeld()).toBe(true);
    await control.clock({ advanceMs: 60_000 });
    expect(await isHeld()).toBe(false);
  });

  const deletesFiles = vendor.routes.upload !== null && forgetFile !== undefined;
  test.runIf(deletesFiles)(
    `${vendor.name}: an upload is forgotten, as often as is asked, and nothing else`,
    async () => {
      const { provider, prepare, end } = await startVendor(vendor);
      const { file, submission } = await prepare(manyTexts);
      const staged = await provider.upload(file, submission, context());
      const handle = await provider.create(staged, file, submission, context());
      await end();
      const fileId = staged.fileId ?? '';
      await provider.forgetFile?.(fileId, context());
      await provider.forgetFile?.(fileId, context());
      expect(await provider.holdsFile?.(fileId, context())).toBe(false);
      expect(await collectOutcomes(provider, handle)).toHaveLength(manyTexts.length);
    },
  );
}
