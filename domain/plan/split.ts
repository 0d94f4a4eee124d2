// Decides where a batch ends and which lane it takes, from counts and bytes alone, so that every planner decides the same.

import type { Lane } from '../outcome/outcome.ts';
import type { JobMode } from './route.ts';

/** Why items go through the realtime lane however many they are: they fell back to it, or the job's route sends them there. */
export type RealtimeCause = 'fallback' | 'routed';

/** The job's settings and the provider's limits combined. */
export interface SplitRules {
  readonly itemsMax: number;
  readonly bytesMax: number;
  /** A batch with fewer items goes through the realtime lane, if allowed. */
  readonly batchItemsMin: number;
  /** Batches differ in size, for a provider that tells them apart by nothing else. */
  readonly distinctCounts: boolean;
  /** The lane of such smaller batches: `batch` if realtime is not allowed. */
  readonly smallBatches: Lane;
  /** The lane of every batch, if the job fixes it. */
  readonly onlyLane: Lane | null;
}

export interface SplitSettings {
  readonly batch: { readonly maxItems: number; readonly maxBytes: number };
  readonly minBatchItems: number;
  readonly fallback: { readonly lane: 'realtime' | 'none' };
  readonly mode: JobMode;
}

export interface SplitLimits {
  readonly itemsMax: number;
  readonly bytesMax: number;
  readonly itemsMin: number;
  readonly distinctCounts: boolean;
}

/** How full a batch is, and how full it may be. */
export interface Fill {
  readonly items: number;
  readonly bytes: number;
  readonly caps: Caps;
}

export interface Caps {
  readonly items: number;
  readonly bytes: number;
}

export function splitRules(settings: SplitSettings, limits: SplitLimits): SplitRules {
  return {
    itemsMax: Math.max(1, Math.min(settings.batch.maxItems, limits.itemsMax)),
    bytesMax: Math.min(settings.batch.maxBytes, limits.bytesMax),
    batchItemsMin: Math.max(settings.minBatchItems, limits.itemsMin),
    distinctCounts: limits.distinctCounts,
    // With `none` a batch below the vendor's own minimum stays a batch: the vendor refuses it, and its items fail with that reason.
    smallBatches: settings.fallback.lane === 'realtime' ? 'realtime' : 'batch',
    onlyLane: settings.mode === 'realtime' ? 'realtime' : null,
  };
}

/**
 * Few realtime batches, so that the first of them has all routed rows of most jobs: a job of several segments starts those of later segments
 * late. Each chunk of a batch reads the batch from its start, so there is a bound.
 */
const routedItems = 50_000;

/** How full a batch of routed items may get. The provider does not see it as a batch, so no count of items is too many for it. */
export const routedCaps = ({ itemsMax, bytesMax }: SplitRules): Caps => ({
  items: Math.max(itemsMax, routedItems),
  bytes: bytesMax,
});

/** How full the batch with this number may get. If counts must differ, each batch gets one item less, down to half, then from the top. */
export function computeCaps(rules: SplitRules, batch: number): Caps {
  if (!rules.distinctCounts) return { items: rules.itemsMax, bytes: rules.bytesMax };
  const sizes = rules.itemsMax - Math.ceil(rules.itemsMax / 2) + 1;
  const items = rules.itemsMax - ((batch - 1) % sizes);
  return { items, bytes: Math.floor((rules.bytesMax * items) / rules.itemsMax) };
}

/** For items of a batch that was too large. A line longer than the cut is its own batch. */
export const cutCaps = (caps: Caps, cutBytes: number | null): Caps =>
  cutBytes === null ? caps : { ...caps, bytes: Math.min(caps.bytes, cutBytes) };

/** Whether a batch has room for one more line of `lineBytes`; an empty one takes whatever a batch may hold at all. */
export function hasRoom(fill: Fill, lineBytes: number): boolean {
  return fill.items === 0 || (fill.items < fill.caps.items && fill.bytes + lineBytes <= fill.caps.bytes);
}

/** Whether a batch ends here: it has all its items, or no room for another line like its last. */
export function isFull(fill: Fill, lastLineBytes: number): boolean {
  return fill.items >= fill.caps.items || fill.bytes + lastLineBytes > fill.caps.bytes;
}

/** The lane of a batch of so many items if it ends now. */
export function chooseLane(rules: SplitRules, items: number, cause: RealtimeCause | null): Lane {
  if (rules.onlyLane !== null) return rules.onlyLane;
  if (cause !== null) return 'realtime';
  return items < rules.batchItemsMin ? rules.smallBatches : 'batch';
}
