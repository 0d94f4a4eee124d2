// Finds the job of a submission by its id, which is made from the submission's key. No list is read.

import type { Context, Found, Submission } from '../../provider.ts';
import { dateUndated } from '../../transport/list-pages.ts';
import { type Connection, retrieveBatch } from '../openai/client.ts';
import { unlessGone } from '../openai/forget.ts';
import { toHandle } from '../openai/poll.ts';
import { toJobId } from './form.ts';

export async function find(connection: Connection, { key }: Pick<Submission, 'key'>, ctx: Context): Promise<Found> {
  const job = await unlessGone(() => retrieveBatch(connection, toJobId(key), ctx));
  return { confirmed: job === null ? [] : [dateUndated(toHandle(job))], possible: [] };
}
