// Creates a batch from an uploaded requests file. The metadata holds its submission's key, by which `find` recognises it.

import type { BatchHandle, Staged } from '../../../domain/batch/state.ts';
import type { Context, Submission } from '../../provider.ts';
import { plainFault } from '../../transport/fault.ts';
import { dateUndated } from '../../transport/list-pages.ts';
import { ask, type Connection } from './client.ts';
import { metadataKey } from './find.ts';
import { inputExpirySeconds } from './limits.ts';
import { toHandle } from './poll.ts';
import { batchWire } from './wire.ts';

export async function create(
  connection: Connection,
  { fileId }: Staged,
  { endpoint, key }: Submission,
  { signal }: Context,
): Promise<BatchHandle> {
  const { caller, profile, sdk } = connection;
  if (fileId === null) throw plainFault(caller.name, 'not_found');
  const body = {
    input_file_id: fileId,
    endpoint: endpoint.replace(/^\/v1(?=\/)/, profile.linePrefix),
    completion_window: profile.completionWindow,
    ...(profile.outputExpires ? { output_expires_after: { anchor: 'created_at', seconds: inputExpirySeconds } } : {}),
    ...(profile.mark === 'metadata' ? { metadata: { [metadataKey]: key } } : {}),
  };
  return dateUndated(
    toHandle(await ask(connection, 'create', batchWire, async () => (await sdk()).post('/batches', { body, signal }))),
  );
}
