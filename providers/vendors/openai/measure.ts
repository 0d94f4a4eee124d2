// Lists the files of the account, for whatever purpose they were uploaded: all of them fill its storage.

import type { FileUsage } from '../../../domain/capacity/file-storage.ts';
import type { Context } from '../../provider.ts';
import { addUpFiles, type ListedFile } from '../../transport/listed-files.ts';
import { ask, type Connection } from './client.ts';
import type { FileListForm } from './form.ts';
import { fileWire } from './wire.ts';

export function measureFiles(
  connection: Connection,
  { pageQuery, page: shape }: FileListForm,
  { signal }: Context,
): Promise<FileUsage> {
  return addUpFiles(connection.caller.name, async (after) => {
    const { data, next, more } = await ask(connection, 'read', shape(after), async () =>
      (await connection.sdk()).get('/files', { query: pageQuery(after), signal }),
    );
    return { items: data.flatMap(readFile), count: data.length, next, more };
  });
}

function readFile(listed: unknown): ListedFile[] {
  const file = fileWire.safeParse(listed).data;
  if (file === undefined) return [];
  const { id, filename, bytes, expires_at: expiresAt } = file;
  return [{ id, name: filename ?? null, bytes: bytes ?? null, expires: expiresAt != null }];
}
