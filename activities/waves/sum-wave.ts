// Sums up a wave that has ended, from its tallies on disk. The sums decide which wave comes next.

import type { JobRef } from '../../domain/ids.ts';
import type { Totals } from '../../domain/waves/totals.ts';
import { readSummary } from '../../job-folder/plan/manifest.ts';
import { sumTallies } from '../../job-folder/tallies.ts';
import type { ActivityDeps } from '../deps.ts';
import { heartbeating } from '../heartbeat.ts';

export async function sumWave(
  { store, timing }: Pick<ActivityDeps, 'store' | 'timing'>,
  { output, wave }: JobRef & { readonly wave: number },
): Promise<Totals> {
  const plan = await readSummary(store, output, wave);
  return heartbeating(timing, () => sumTallies(store, output, wave, plan?.batches ?? 0));
}
