// Lists the project's uploads. The vendor does not list its own output files.

import type { FileUsage } from '../../../domain/capacity/file-storage.ts';
import type { Context } from '../../provider.ts';
import { addUpFiles } from '../../transport/listed-files.ts';
import { apiUrl, ask, type Connection, caller } from './client.ts';
import { listPageMax } from './limits.ts';
import { filePageWire } from './wire.ts';

export function measureFiles(connection: Connection, ctx: Context): Promise<FileUsage> {
  return addUpFiles(caller.name, async (after) => {
    const query = new URLSearchParams({ pageSize: String(listPageMax) });
    if (after !== null) query.set('pageToken', after);
    const url = `${apiUrl(connection, 'files')}?${query}`;
    const { files, nextPageToken } = await ask(connection, 'read', filePageWire, { method: 'GET', url }, ctx);
    const items = (files ?? []).map(({ name, displayName, sizeBytes }) => ({
      id: name,
      name: displayName ?? null,
      bytes: sizeBytes ?? null,
      expires: true,
    }));
    const next = nextPageToken || null;
    return { items, count: items.length, next, more: next !== null };
  });
}
