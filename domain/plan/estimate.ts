// Estimates the cost of a job before anything is spent: the figures of its plan, and what they leave out.

import type { JobSpec, PlannedBatch, RowCounts } from '../job.ts';
import { costOfSum, findPrice, type Prices, roundKnown, sumOrUnknown } from '../money/cost.ts';
import type { OutputLimit } from '../money/output-limit.ts';
import type { TokenRatio } from '../money/token-ratio.ts';
import type { ModeChoice } from './choose-mode.ts';

export interface JobEstimate {
  readonly rows: RowCounts;
  readonly batches: number;
  readonly items: number;
  /** Share of the batches that go through the realtime lane from the start. */
  readonly realtimeBatches: number;
  /** As the cost counts them: at the upper end of the interval, and never less than a token for four bytes. */
  readonly inputTokens: number;
  /** What to expect of them, by a sample of the rows that was counted. Null if none was. Absent if the worker is older. */
  readonly expectedTokens?: Interval | null;
  /** The most output tokens; null if an item has no known limit. */
  readonly outputTokens: number | null;
  /** In the lanes that the job would use, and all in realtime; null if a price or a limit of output tokens is unknown. */
  readonly usd: number | null;
  readonly realtimeUsd: number | null;
  /** The most that `usd` may be in truth. Absent if the worker is older. */
  readonly mostUsd?: number | null;
  readonly pricesDated: string;
  readonly budgetUsd: number | null;
  /** The mode that suits the job, whatever mode it has. */
  readonly choice: ModeChoice;
  /** The caveats that apply to this job. */
  readonly caveats: readonly string[];
}

/** With 95 % confidence. */
export interface Interval {
  readonly likely: number;
  readonly low: number;
  readonly high: number;
}

export class EstimateSums {
  batches = 0;
  items = 0;
  realtimeBatches = 0;
  inputTokens = 0;
  outputTokens: number | null = 0;
  usd: number | null = 0;
  mostUsd: number | null = 0;
  batchUsd: number | null = 0;
  realtimeUsd: number | null = 0;
  readonly unpriced = new Set<string>();
  /** Models whose tokens nobody counted. */
  readonly uncounted = new Set<string>();
  readonly #ratios: readonly TokenRatio[];
  #expected: Interval = { likely: 0, low: 0, high: 0 };

  constructor(ratios: readonly TokenRatio[]) {
    this.#ratios = ratios;
  }

  get expectedTokens(): Interval | null {
    if (this.#ratios.length === 0) return null;
    const { likely, low, high } = this.#expected;
    return { likely: Math.round(likely), low: Math.floor(low), high: Math.ceil(high) };
  }

  add({ items, lane, model, estimate }: PlannedBatch, prices: Prices): void {
    const { inputTokens: input, outputTokens: output } = estimate;
    this.batches += 1;
    this.items += items;
    if (lane === 'realtime') this.realtimeBatches += 1;
    this.inputTokens += input;
    this.#expect(model, input / (estimate.tokenFactor ?? 1));
    this.outputTokens = sumOrUnknown(this.outputTokens, output);
    this.usd = roundKnown(sumOrUnknown(this.usd, estimate.usd));
    this.mostUsd = roundKnown(sumOrUnknown(this.mostUsd, estimate.mostUsd ?? null));
    const price = findPrice(model, prices);
    if (price === undefined) this.unpriced.add(model);
    const usage = { input, output, cachedInput: null, cacheWrite: null, reasoning: null };
    this.batchUsd = roundKnown(sumOrUnknown(this.batchUsd, costOfSum(usage, 'batch', price)));
    this.realtimeUsd = roundKnown(sumOrUnknown(this.realtimeUsd, costOfSum(usage, 'realtime', price)));
  }

  /** A model without a ratio counts as estimated. */
  #expect(model: string, tokens: number): void {
    const found = this.#ratios.find((each) => each.model === model);
    if (found === undefined) this.uncounted.add(model);
    const { ratio, low, high } = found ?? { ratio: 1, low: 1, high: 1 };
    const sum = this.#expected;
    this.#expected = {
      likely: sum.likely + tokens * ratio,
      low: sum.low + tokens * low,
      high: sum.high + tokens * high,
    };
  }
}

export interface CaveatFacts {
  readonly spec: JobSpec;
  readonly rows: RowCounts;
  readonly sums: Pick<EstimateSums, 'usd' | 'realtimeBatches' | 'unpriced' | 'uncounted'>;
  readonly ratios: readonly TokenRatio[];
  /** The output limit in the job's own request; null if the rows are ready-made requests. */
  readonly limit: OutputLimit | null;
  /** The most output tokens of the job's model; null if not known. */
  readonly modelMax: number | null;
}

export function listCaveats({ spec, rows, sums, ratios, limit, modelMax }: CaveatFacts): readonly string[] {
  const carriedInDoubt = rows.carriedInDoubt ?? 0;
  const { fallback, retry, mode, budgetUsd } = spec;
  const unpriced = [...sums.unpriced];
  const isUnlimited = limit?.tokens === 'unlimited';
  const field = limit?.field ?? null;
  const unlimited = field === null ? 'requests cannot limit their output' : `requests name no ${field}`;
  return given([
    ...describeTokens(ratios, [...sums.uncounted]),
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
    [
      'the budget is strict: each byte of a request counts as a token of input, at the highest price; it costs much less',
      spec.strictBudget === true,
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

/** How input tokens were estimated. */
function describeTokens(ratios: readonly TokenRatio[], uncounted: readonly string[]): readonly [string, boolean][] {
  const names = (models: readonly string[]): string =>
    `${models.slice(0, 3).join(', ')}${models.length > 3 ? ' and others' : ''}`;
  const rows = ratios.reduce((sum, each) => sum + each.rows, 0);
  return [
    [
      `input tokens of ${names(ratios.map(({ model }) => model))} were counted in ${countOf(rows, 'row', 'rows')} with the model's own tokenizer; the cost counts the upper end of the 95 % interval, and at least a token for four bytes`,
      ratios.length > 0,
    ],
    [
      `input tokens of ${names(uncounted)} are estimated at four bytes each, because they could not be counted; code, digits and other scripts than Latin need more`,
      uncounted.length > 0,
    ],
  ];
}

const countOf = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;
const countRows = (count: number): string => countOf(count, 'row is', 'rows are');

const given = (caveats: readonly (readonly [text: string, applies: boolean])[]): string[] =>
  caveats.flatMap(([text, applies]) => (applies ? [text] : []));
