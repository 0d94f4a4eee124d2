// Creates a job under an id that we choose. A second create with the same id is refused, so nothing is paid twice.

import type { BatchHandle, Staged } from '../../../domain/batch/state.ts';
import { ProviderError } from '../../error.ts';
import type { Context, Submission } from '../../provider.ts';
import { plainFault } from '../../transport/fault.ts';
import { dateUndated } from '../../transport/list-pages.ts';
import { ask, type Connection } from '../openai/client.ts';
import { toHandle } from '../openai/poll.ts';
import { find } from './find.ts';
import { toJobId } from './form.ts';
import { jobWire } from './wire.ts';

export async function create(
  connection: Connection,
  account: string,
  { fileId }: Staged,
  submission: Submission,
  ctx: Context,
): Promise<BatchHandle> {
  if (fileId === null) throw plainFault(connection.caller.name, 'not_found');
  const { path } = connection.profile.batches;
  const query = { batchInferenceJobId: toJobId(submission.key) };
  const body = { model: submission.model, inputDatasetId: `accounts/${account}/datasets/${fileId}` };
  try {
    const made = await ask(connection, 'create', jobWire, async () =>
      (await connection.sdk()).post(path, { query, body, signal: ctx.signal }),
    );
    const handle = dateUndated(toHandle(made));
    return { ...handle, fileId: handle.fileId ?? fileId };
  } catch (error) {
    const existing = isConflict(error) ? await findExisting(connection, submission, ctx) : undefined;
    if (existing === undefined) throw error;
    return existing;
  }
}

/** If it cannot be read either, the refusal stands: it is ambiguous, and the caller searches. */
async function findExisting(connection: Connection, submission: Submission, ctx: Context) {
  const found = await find(connection, submission, ctx).catch(() => null);
  return found?.confirmed[0];
}

const isConflict = (error: unknown): boolean => error instanceof ProviderError && error.facts.status === 409;
