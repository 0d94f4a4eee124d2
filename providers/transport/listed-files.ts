// Adds up the files that a vendor lists.

import type { FileUsage } from '../../domain/capacity/file-storage.ts';
import { type Listed, type Page, turnPages } from './list-pages.ts';

export interface ListedFile {
  readonly id: string;
  readonly name: string | null;
  /** Null if the vendor does not state it. */
  readonly bytes: number | null;
  readonly expires: boolean;
}

interface FilePage extends Omit<Page<Listed>, 'items'> {
  readonly items: readonly ListedFile[];
}

/** The name of an upload: the key of its submission. */
const ownName = /^[0-9a-f]{32}\.jsonl$/;

export async function addUpFiles(
  vendor: string,
  read: (after: string | null) => Promise<FilePage>,
): Promise<FileUsage> {
  // All are counted, whenever they were uploaded.
  const { items, isWhole } = await turnPages(vendor, Number.NEGATIVE_INFINITY, async (after) => {
    const page = await read(after);
    return { ...page, items: page.items.map((file) => ({ ...file, createdAt: Number.NaN })) };
  });
  return {
    files: items.length,
    bytes: items.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
    own: items.filter(({ name }) => ownName.test(name ?? '')).length,
    lasting: items.filter(({ expires }) => !expires).length,
    isWhole: isWhole && items.every(({ bytes }) => bytes !== null),
  };
}
