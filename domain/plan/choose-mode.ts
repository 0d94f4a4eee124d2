// Which mode suits a job: batch, realtime or hybrid, by how soon its answers are wanted, how many rows it has, and what each mode costs. Pure.

import { formatDuration } from '../duration.ts';
import type { JobMode } from './route.ts';

export interface ModeFacts {
  readonly items: number;
  /** What the calls of all items count with, if all go through the realtime lane. */
  readonly callTokens: number;
  readonly realtime: { readonly concurrency: number; readonly rpm: number | null; readonly tpm: number | null };
  readonly hasBatches: boolean;
  /** Fewer items go through the realtime lane by themselves. */
  readonly itemsMin: number;
  /** How soon all answers are wanted; null if the job does not say it. */
  readonly wantedMs: number | null;
  /** The time that the provider has for a batch. */
  readonly windowMs: number;
  /** Of all items in each lane; null if not known. */
  readonly batchUsd: number | null;
  readonly realtimeUsd: number | null;
}

export interface ModeChoice {
  readonly mode: JobMode;
  /** For a hybrid job: how many rows the realtime lane can answer in the time that is wanted. */
  readonly upTo: number | null;
  /** What the job costs in this mode; null if not known. */
  readonly usd: number | null;
  readonly reasons: readonly string[];
}

/** Of short answers. Long ones take longer, so a lane without limits is judged too fast for them; a reason says so. */
const callMs = 5000;
const minuteMs = 60_000;

export function chooseMode(facts: ModeFacts): ModeChoice {
  const { items, itemsMin, hasBatches, wantedMs, windowMs } = facts;
  const laneMs = estimateLaneMs(facts);
  const lane = `the realtime lane answers ${countRows(items)} in about ${formatDuration(roundUp(laneMs))}${describeLimits(facts)}`;
  const window = `a batch may take ${formatDuration(windowMs)}`;
  if (!hasBatches) return takeRealtime(facts, ['the provider has no batch API', lane]);
  if (items < itemsMin) {
    return takeRealtime(facts, [`fewer than \`minBatchItems\` (${itemsMin}) rows go in realtime`, lane]);
  }
  if (wantedMs === null || wantedMs >= windowMs) {
    const wish = wantedMs === null ? 'no `deadline.job` asks for answers sooner' : describeWish(wantedMs);
    if (savesNothing(facts) && laneMs <= windowMs) return takeRealtime(facts, ['a batch costs no less', lane]);
    return { mode: 'batch', upTo: null, usd: facts.batchUsd, reasons: [window, wish, describeCosts(facts)] };
  }
  const wish = describeWish(wantedMs);
  if (laneMs <= wantedMs) return takeRealtime(facts, [window, wish, lane]);
  return takeHybrid(facts, Math.max(1, Math.floor((items * wantedMs) / laneMs)), [window, wish, lane]);
}

const describeWish = (wantedMs: number): string =>
  `all answers are wanted within ${formatDuration(wantedMs)} (\`deadline.job\`)`;

const takeRealtime = (facts: ModeFacts, reasons: readonly string[]): ModeChoice => ({
  mode: 'realtime',
  upTo: null,
  usd: facts.realtimeUsd,
  reasons: [...reasons, describeCosts(facts)],
});

function takeHybrid(facts: ModeFacts, upTo: number, reasons: readonly string[]): ModeChoice {
  const { items, batchUsd, realtimeUsd } = facts;
  const isKnown = batchUsd !== null && realtimeUsd !== null;
  const usd = isKnown ? batchUsd + ((realtimeUsd - batchUsd) * upTo) / items : null;
  const part = `about ${countRows(upTo)} can be answered in that time, and the others go in batches`;
  return { mode: 'hybrid', upTo, usd, reasons: [...reasons, part, describeCosts(facts)] };
}

/** The longest of what each limit needs. */
function estimateLaneMs({ items, callTokens, realtime: { rpm, tpm, concurrency } }: ModeFacts): number {
  const byCalls = rpm === null ? 0 : items / rpm;
  const byTokens = tpm === null ? 0 : callTokens / tpm;
  return Math.max(Math.max(byCalls, byTokens) * minuteMs, Math.ceil(items / concurrency) * callMs);
}

const describeLimits = ({ realtime: { rpm, tpm, concurrency } }: ModeFacts): string =>
  rpm === null && tpm === null
    ? `, if the provider allows ${concurrency} calls at a time of ${formatDuration(callMs)} each: \`realtime.rpm\` and \`realtime.tpm\` are not given`
    : '';

const savesNothing = ({ batchUsd, realtimeUsd }: ModeFacts): boolean =>
  batchUsd !== null && realtimeUsd !== null && realtimeUsd <= batchUsd;

function describeCosts({ batchUsd, realtimeUsd }: ModeFacts): string {
  if (batchUsd === null || realtimeUsd === null) return 'the cost in each lane is not known';
  return `all rows in batches cost $${batchUsd.toPrecision(3)}, in realtime $${realtimeUsd.toPrecision(3)}`;
}

const roundUp = (ms: number): number => Math.ceil(ms / 1000) * 1000;

const countRows = (rows: number): string => `${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'}`;
