// Estimates the cost of a job before anything is spent: the figures of its plan, and what they leave out.

import type { JobSpec, PlannedBatch, RowCounts } from '../job.ts';
import { costOfSum, findPrice, type Prices, roundKnown, sumOrUnknown } from '../money/cost.ts';
import type { OutputLimit } from '../money/output-limit.ts';
import type { ModeChoice } from './choose-mode.ts';

export interface JobEstimate {
  readonly rows: RowCounts;
  readonly batches: number;
  readonly items: number;
  /** Share of the batches that go through the realtime lane from the start. */
  readonly realtimeBatches: number;
  readonly inputTokens: number;
  /** The most output tokens; null if an item has no known limit. */
  readonly outputTokens: number | null;
  /** In the lanes that the job would use, and all in realtime; null if a price or a limit of output tokens is unknown. */
  readonly usd: number | null;
  readonly realtimeUsd: number | null;
  readonly pricesDated: string;
  readonly budgetUsd: number | null;
  /** The mode that suits the job, whatever mode it has. */
  readonly choice: ModeChoice;
  /** The caveats that apply to this job. */
  readonly caveats: readonly string[];
}

export class EstimateSums {
  batches = 0;
  items = 0;
  realtimeBatches = 0;
  inputTokens = 0;
  outputTokens: number | null = 0;
  usd: number | null = 0;
  batchUsd: number | null = 0;
  realtimeUsd: number | null = 0;
  readonly unpriced = new Set<string>();

  add({ items, lane, model, estimate }: PlannedBatch, prices: Prices): void {
    const { inputTokens: input, outputTokens: output } = estimate;
    this.batches += 1;
    this.items += items;
    if (lane === 'realtime') this.realtimeBatches += 1;
    this.inputTokens += input;
    this.outputTokens = sumOrUnknown(this.outputTokens, output);
    this.usd = roundKnown(sumOrUnknown(this.usd, estimate.usd));
    const price = findPrice(model, prices);
    if (price === undefined) this.unpriced.add(model);
    const usage = { input, output, cachedInput: null, cacheWrite: null, reasoning: null };
    this.batchUsd = roundKnown(sumOrUnknown(this.batchUsd, costOfSum(usage, 'batch', price)));
    this.realtimeUsd = roundKnown(sumOrUnknown(this.realtimeUsd, costOfSum(usage, 'realtime', price)));
  }
}

export interface CaveatFacts {
  readonly spec: JobSpec;
  readonly rows: RowCounts;
  readonly sums: Pick<EstimateSums, 'usd' | 'realtimeBatches' | 'unpriced'>;
  /** The output limit in the job's own request; null if the rows are ready-made requests. */
  readonly limit: OutputLimit | null;
  /** The most output tokens of the job's model; null if not known. */
  readonly modelMax: number | null;
}

export function listCaveats({ spec, rows, sums, limit, modelMax }: CaveatFacts): readonly string[] {
  const carriedInDoubt = rows.carriedInDoubt ?? 0;
  const { fallback, retry, mode, budgetUsd } = spec;
  const unpriced = [...sums.unpriced];
  const isUnlimited = limit?.tokens === 'unlimited';
  const field = limit?.field ?? null;
  const unlimited = field === null ? 'requests cannot limit their output' : `requests name no ${field}`;
  return given([
    ['tokens are estimated at four bytes each; other scripts than Latin need more', true],
    [
      `${unlimited}: each is estimated at the most that the model gives, ${modelMax} output tokens`,
      isUnlimited && modelMax !== null,
    ],
    [
      `${unlimited}, and the most output tokens of the model are not known: ${field === null ? '' : 'name it, or '}give maxOutputTokens in NIGHTSHIFT_PRICES`,
      isUnlimited && modelMax === null,
    ],
    [
      'output is estimated at its limit; answers are mostly shorter',
      typeof limit?.tokens === 'number' && limit.tokens > 0,
    ],
    ['a prompt cache may make input cheaper; it is not counted on', true],
    [`no price is known for ${unpriced.slice(0, 3).join(', ')}: give one in NIGHTSHIFT_PRICES`, unpriced.length > 0],
    ['items that fail are sent again and may be billed again', mode !== 'realtime' && retry.rounds > 0],
    ['what no batch answers is asked in realtime, at its price', mode !== 'realtime' && fallback.lane === 'realtime'],
    [
      `${countOf(sums.realtimeBatches, 'small batch goes', 'small batches go')} through the realtime lane, at its price`,
      mode === 'batch' && sums.realtimeBatches > 0,
    ],
    [`${countRows(rows.refused)} refused: a run lists them in rejects.jsonl`, rows.refused > 0],
    [
      `${countOf(rows.duplicates, 'row asks', 'rows ask')} the same as another and ${rows.duplicates === 1 ? 'is' : 'are'} not sent again`,
      rows.duplicates > 0,
    ],
    [
      `${countRows(rows.carriedOver - carriedInDoubt)} answered already by \`reuse\``,
      rows.carriedOver > carriedInDoubt,
    ],
    [`${countRows(carriedInDoubt)} in doubt in the results of \`reuse\` and not sent again`, carriedInDoubt > 0],
    [
      'the estimate passes the budget: the job would pause when the next batch would',
      budgetUsd !== null && sums.usd !== null && sums.usd > budgetUsd,
    ],
  ]);
}

const countOf = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
const countRows = (count: number): string => countOf(count, 'row is', 'rows are');

const given = (caveats: readonly (readonly [text: string, applies: boolean])[]): string[] =>
  caveats.flatMap(([text, applies]) => (applies ? [text] : []));
