// Sums up an ended wave from its tallies on disk. The sums decide which wave comes next.

import type { JobRef } from '../../domain/ids.ts';
import type { Totals } from '../../domain/waves/totals.ts';
import { sumTallies } from '../../job-folder/tallies.ts';
import type { ActivityDeps } from '../deps.ts';
import { heartbeating } from '../heartbeat.ts';

export async function sumWave(
  { store, timing }: Pick<ActivityDeps, 'store' | 'timing'>,
  { output, wave, batches }: JobRef & { readonly wave: number; readonly batches: number },
): Promise<Totals> {
  return heartbeating(timing, () => sumTallies(store, output, wave, batches));
}
