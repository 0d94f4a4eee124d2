// Writes the message about collected batches: reads from disk what each of them brought.

import { type CollectedNotice, describeCollected, type WebhookMessage } from '../../domain/webhook/message.ts';
import { readTallies } from '../../job-folder/tallies.ts';
import type { ActivityDeps } from '../deps.ts';

/** A tally never changes, so the message is the same if it is written again. */
export async function writeCollected(
  { store }: Pick<ActivityDeps, 'store'>,
  notice: CollectedNotice,
): Promise<WebhookMessage> {
  const { output, batches } = notice;
  return describeCollected(
    notice,
    await readTallies(
      store,
      batches.map(({ wave, batch }) => ({ output, wave, batch })),
    ),
  );
}
