// Takes the limits of a worker's configuration file. All workers should have the same file. If they do not, each declaration may replace the
// limits of the one before it, which is noticed when earlier files come back.

import type { Limits } from './limits.ts';
import type { DispatchState } from './state.ts';

/** While a new version is deployed, workers with the old file and with the new one run for some minutes. */
const deployMs = 15 * 60_000;
/** If no file came back for so long, all workers have the same one again. */
const overMs = 60 * 60_000;

/** More versions than this hardly run together. */
const earlierMax = 5;

export function takeFile(state: DispatchState, digest: string, file: Limits, now: number): DispatchState {
  const { mixed, digest: before, earlierDigests = [] } = state;
  const earlier = [before, ...earlierDigests.filter((its) => its !== before)].slice(0, earlierMax);
  const next = { ...state, digest, file, ...(before === '' ? {} : { earlierDigests: earlier }) };
  if (!earlierDigests.includes(digest)) return next;
  const isSame = mixed !== undefined && now - mixed.at < overMs;
  return { ...next, mixed: { since: isSame ? mixed.since : now, at: now } };
}

/** Since when workers have different files; null if that is not so, or may be a deploy. */
export const findMixedSince = ({ mixed }: Pick<DispatchState, 'mixed'>, now: number): number | null =>
  mixed !== undefined && now - mixed.at < overMs && mixed.at - mixed.since > deployMs ? mixed.since : null;
