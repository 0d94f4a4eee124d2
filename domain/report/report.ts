// The figures of a finished job: `report.json`, which is also the workflow's result.

import type { RowCounts } from '../job.ts';
import type { Prices } from '../money/cost.ts';
import { costOfSum, findPrice, plusUsd } from '../money/cost.ts';
import type { Forecast } from '../money/forecast.ts';
import { addUnpriced, knownUsd, nothingUnpriced, readUnpriced } from '../money/unpriced.ts';
import {
  type Anomalies,
  addCounts,
  type Counts,
  type ItemReason,
  type Lane,
  noAnomalies,
  sumCounts,
  type Tally,
  type Unpriced,
} from '../outcome/outcome.ts';
import { addUsage, noUsage, type Usage } from '../outcome/usage.ts';
import type { ExpensiveRow } from './expensive-rows.ts';

/** Whether all rows, some of them or none have an answer. */
export type JobResult = 'complete' | 'partial' | 'none';

export interface JobReport {
  readonly version: 1;
  readonly verdict: JobResult;
  readonly cancelled: boolean;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly rows: RowCounts & { readonly answered: number; readonly failed: number };
  readonly successRate: number;
  /** How long the job should have taken, and whether it did not take longer. Absent in reports of earlier versions. */
  readonly sla?: { readonly ms: number; readonly isMet: boolean };
  readonly errorsByReason: Counts;
  readonly tokens: Usage;
  readonly cost: {
    /** Over all attempts whose cost is known; null if it is known of none. */
    readonly usd: number | null;
    /** Rows of unknown cost: `usd` lacks an attempt at each. Absent in reports of earlier versions, as is `unpricedUsd`. */
    readonly unpricedRows?: number;
    /** The estimated cost of the attempts of unknown cost, which a budget was charged; null if there is no estimate. */
    readonly unpricedUsd?: number | null;
    readonly pricesDated: string;
    readonly byModelAndLane: readonly CostLine[];
    readonly realtimeUsd: number | null;
    readonly savedUsd: number | null;
    /** Of `usd`, as it was when half of the batches had ended; null if there was none. Absent in reports of earlier versions. */
    readonly forecast?: Forecast | null;
  };
  readonly batches: {
    readonly count: number;
    readonly realtime: number;
    readonly polls: number;
    readonly completionMs: Percentiles | null;
  };
  readonly waves: number;
  readonly attempts: Readonly<Record<string, number>>;
  readonly quality: Quality;
  readonly dearestRows: readonly ExpensiveRow[];
  readonly anomalies: Anomalies;
  readonly inDoubtBatches: readonly string[];
  readonly warnings: readonly string[];
  /** `table` is there only if the job asked for one. */
  readonly files: Readonly<Record<'results' | 'failures' | 'inDoubt' | 'rejects' | 'report' | 'page', string>> & {
    readonly table?: string;
  };
}

/** How many answers came back, over all attempts, and how many of them were flawed, by reason. */
export interface Quality {
  readonly answers: number;
  readonly flawed: Counts;
}

export interface CostLine {
  readonly model: string;
  readonly lane: Lane;
  readonly items: number;
  /** Over the items whose cost is known. */
  readonly usd: number | null;
  /** Items of unknown cost. Absent in reports of earlier versions. */
  readonly unpriced?: number;
  /** The same tokens at the realtime lane's price. */
  readonly realtimeUsd: number | null;
}

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Sums over all batches of all waves. It takes one tally at a time and keeps only the duration of each batch in memory. */
export class BatchFigures {
  count = 0;
  realtime = 0;
  polls = 0;
  usage: Usage = noUsage;
  usd: number | null = null;
  unpriced: Unpriced = nothingUnpriced;
  realtimeUsd: number | null = null;
  anomalies: Anomalies = noAnomalies;
  quality: Quality = { answers: 0, flawed: {} };
  readonly durations: number[] = [];
  readonly #lines = new Map<string, CostLine>();

  add(tally: Tally, prices: Prices): void {
    if (tally.lane === 'realtime') {
      this.realtime += 1;
    } else {
      this.count += 1;
    }
    this.polls += tally.polls;
    this.usage = addUsage(this.usage, tally.usage);
    const unpriced = readUnpriced(tally, null);
    this.unpriced = addUnpriced(this.unpriced, unpriced);
    this.usd = knownUsd(plusUsd(this.usd, tally.costUsd), this.unpriced.items);
    const realtimeUsd = costOfSum(tally.usage, 'realtime', findPrice(tally.model, prices));
    this.realtimeUsd = plusUsd(this.realtimeUsd, realtimeUsd);
    this.quality = addQuality(this.quality, tally);
    this.anomalies = addAnomalies(this.anomalies, tally.anomalies);
    if (tally.lane === 'batch' && tally.createdAt !== null && tally.endedAt !== null) {
      this.durations.push(tally.endedAt - tally.createdAt);
    }
    const name = `${tally.model} ${tally.lane}`;
    const before = this.#lines.get(name);
    const items = (before?.items ?? 0) + tally.items;
    const unpricedItems = (before?.unpriced ?? 0) + unpriced.items;
    this.#lines.set(name, {
      model: tally.model,
      lane: tally.lane,
      items,
      usd: knownUsd(plusUsd(before?.usd ?? null, tally.costUsd), unpricedItems),
      unpriced: unpricedItems,
      realtimeUsd: plusUsd(before?.realtimeUsd ?? null, realtimeUsd),
    });
  }

  get lines(): readonly CostLine[] {
    return [...this.#lines.values()].slice(0, namedMax);
  }
}

/** The most names in a list of the report, which must stay small, because it is a workflow's result. */
export const namedMax = 20;

/** Reasons of attempts whose answer came but could not be used. */
export const flaws = [
  'truncated',
  'refused',
  'filtered',
  'empty_output',
  'invalid_output',
  'paused_turn',
] as const satisfies readonly ItemReason[];

function addQuality(quality: Quality, { answered, retryable, rejected }: Tally): Quality {
  const counts = addCounts(retryable, rejected);
  const flawed = Object.fromEntries(
    flaws.map((flaw) => [flaw, counts[flaw]]).filter(([, count]) => count !== undefined),
  );
  return {
    answers: quality.answers + answered + sumCounts(flawed),
    flawed: addCounts(quality.flawed, flawed),
  };
}

function addAnomalies(a: Anomalies, b: Anomalies): Anomalies {
  return {
    duplicateAnswers: a.duplicateAnswers + b.duplicateAnswers,
    unknownAnswers: a.unknownAnswers + b.unknownAnswers,
    unreadableLines: a.unreadableLines + b.unreadableLines,
    missing: a.missing + b.missing,
    // A tally of an older version does not count them.
    paidWithoutAnswer: a.paidWithoutAnswer + (b.paidWithoutAnswer ?? 0),
    twinBatches: a.twinBatches + b.twinBatches,
    inDoubtCalls: a.inDoubtCalls + b.inDoubtCalls,
  };
}

/** Nearest rank. */
export function percentiles(values: readonly number[]): Percentiles | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

export function computeJobResult(answered: number, failed: number): JobResult {
  if (failed === 0) return 'complete';
  return answered === 0 ? 'none' : 'partial';
}
