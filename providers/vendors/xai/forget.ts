// Deletes the file of the requests. There is no call that deletes a batch or its results: the vendor does so after a month.

import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { Context } from '../../provider.ts';
import type { Connection } from '../openai/client.ts';
import { deleteFiles } from '../openai/forget.ts';

export const forget = (connection: Connection, { fileId }: BatchHandle, ctx: Context): Promise<void> =>
  deleteFiles(connection, fileId === null ? [] : [fileId], ctx);
