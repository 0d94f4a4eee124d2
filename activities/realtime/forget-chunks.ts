// Removes the answers of chunks when the answers of their batch are there. What cannot be removed takes space, and does no harm.

import { log } from '@temporalio/activity';
import type { BatchRef } from '../../domain/ids.ts';
import { realtimeChunkItems } from '../../domain/limits.ts';
import { removeChunks } from '../../job-folder/chunks.ts';
import { readEntries } from '../../job-folder/plan/manifest.ts';
import type { Store } from '../../storage/store.ts';

export async function forgetChunks(store: Store, ref: BatchRef): Promise<void> {
  try {
    await removeChunks(store, ref);
  } catch (error) {
    log.warn('the answers of chunks are left in the store', { error: error instanceof Error ? error.name : 'unknown' });
  }
}

/** At the end of a job: what was left behind in these waves. */
export async function forgetAllChunks(store: Store, output: string, waves: number): Promise<void> {
  for (let wave = 1; wave <= waves; wave += 1) {
    for await (const { lane, batch, items } of readEntries(store, output, wave)) {
      if (lane === 'realtime' && items > realtimeChunkItems) await forgetChunks(store, { output, wave, batch });
    }
  }
}
