// Creates a batch from an uploaded requests file. The metadata holds its submission's key, by which `find` recognises it.

import type { BatchHandle, Staged } from '../../../domain/batch/state.ts';
import type { SubmissionKey } from '../../../domain/ids.ts';
import { asFields, asText, parsedFields } from '../../json-fields.ts';
import type { Context, RequestFile, Submission } from '../../provider.ts';
import { plainFault } from '../../transport/fault.ts';
import { readFirstLine } from '../../transport/first-line.ts';
import { dateUndated } from '../../transport/list-pages.ts';
import { ask, type Connection, type OpenaiProfile } from './client.ts';
import { metadataKey } from './form.ts';
import { inputExpirySeconds } from './limits.ts';
import { toHandle } from './poll.ts';

export async function create(
  connection: Connection,
  { fileId }: Staged,
  file: RequestFile,
  { endpoint, key }: Submission,
  { signal }: Context,
): Promise<BatchHandle> {
  const { caller, profile, sdk } = connection;
  if (fileId === null) throw plainFault(caller.name, 'not_found');
  const { createBody, path, object } = profile.batches;
  const body = createBody
    ? await createBody({ fileId, endpoint, key, readModel: () => readModel(file) })
    : formatBody(profile, fileId, endpoint, key);
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

/** All requests of a file name the same model. */
export async function readModel({ path }: RequestFile): Promise<string> {
  return asText(asFields(parsedFields(await readFirstLine(path))?.body)?.model) ?? '';
}
