// Uploads a requests file as a dataset: makes the dataset, sends the file into it, and waits until it was read.

import { randomUUID } from 'node:crypto';
import type { Staged } from '../../../domain/batch/state.ts';
import type { Context, RequestFile, Submission } from '../../provider.ts';
import { ask, type Connection } from '../openai/client.ts';
import { unlessGone } from '../openai/forget.ts';
import { sendFile, untilReady } from '../openai/upload.ts';
import { datasetWire } from './wire.ts';

export async function upload(
  connection: Connection,
  file: RequestFile,
  { endpoint }: Submission,
  ctx: Context,
): Promise<Staged> {
  const { signal } = ctx;
  // Each upload gets a dataset of its own: what a second file in the same one would do is not documented.
  const id = `nightshift-${randomUUID()}`;
  // The count is required, and comes back as the job's total.
  const body = { datasetId: id, dataset: { userUploaded: {}, exampleCount: String(file.items) } };
  await ask(connection, 'upload', datasetWire, async () =>
    (await connection.sdk()).post('/datasets', { body, signal }),
  );
  await ask(connection, 'upload', datasetWire, () =>
    sendFile(connection, `/datasets/${id}:upload`, file, endpoint, ctx),
  );
  const read = async (): Promise<string | null> =>
    (await retrieveDataset(connection, id, ctx)).state?.toLowerCase() ?? null;
  await untilReady(connection.caller, await read(), read, ctx);
  return { fileId: id };
}

const retrieveDataset = (connection: Connection, id: string, { signal }: Context) =>
  ask(connection, 'read', datasetWire, async () => (await connection.sdk()).get(`/datasets/${id}`, { signal }));

export const holdsDataset = async (connection: Connection, id: string, ctx: Context): Promise<boolean> =>
  (await unlessGone(() => retrieveDataset(connection, id, ctx))) !== null;
