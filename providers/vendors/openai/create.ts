// Creates a batch from an uploaded requests file. The metadata holds its submission's key, by which `find` recognises it.

import type { BatchHandle, Staged } from '../../../domain/batch/state.ts';
import type { SubmissionKey } from '../../../domain/ids.ts';
import type { Context, Submission } from '../../provider.ts';
import { plainFault } from '../../transport/fault.ts';
import { dateUndated } from '../../transport/list-pages.ts';
import { ask, type Connection, type OpenaiProfile } from './client.ts';
import { metadataKey } from './form.ts';
import { inputExpirySeconds } from './limits.ts';
import { toHandle } from './poll.ts';

export async function create(
  connection: Connection,
  { fileId }: Staged,
  { endpoint, key, model }: Submission,
  { signal }: Context,
): Promise<BatchHandle> {
  const { caller, profile, sdk } = connection;
  if (fileId === null) throw plainFault(caller.name, 'not_found');
  const { createBody, path, object } = profile.batches;
  const body = createBody ? createBody({ fileId, endpoint, key, model }) : formatBody(profile, fileId, endpoint, key);
  const made = await ask(connection, 'create', object, async () => (await sdk()).post(path, { body, signal }));
  const handle = dateUndated(toHandle(made));
  return { ...handle, fileId: handle.fileId ?? fileId };
}

function formatBody(profile: OpenaiProfile, fileId: string, endpoint: string, key: SubmissionKey): object {
  return {
    input_file_id: fileId,
    endpoint: endpoint.replace(/^\/v1(?=\/)/, profile.linePrefix),
    completion_window: profile.completionWindow,
    ...(profile.outputExpires ? { output_expires_after: { anchor: 'created_at', seconds: inputExpirySeconds } } : {}),
    ...(profile.mark === 'metadata' ? { metadata: { [metadataKey]: key } } : {}),
  };
}
