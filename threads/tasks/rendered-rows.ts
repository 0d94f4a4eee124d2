// The result of rendering a chunk of rows: lines that only lack the prefix of their batch, and numbers of each row in columns, so that the
// main thread takes a row without allocating anything.

import type { RowRefusal } from '../../domain/outcome/outcome.ts';
import type { JobRefused } from '../../domain/refusal.ts';
import type { PromptText } from '../../providers/dialects/dialect.ts';
import type { PackedLines } from '../packed-lines.ts';

export interface RenderedRows {
  /** A line of a requests file and one of an items file for each row, with their newlines. Both are empty if the row was refused. */
  readonly requests: PackedLines;
  readonly items: PackedLines;
  /** Where the custom id begins in each line of `requests`. */
  readonly requestIdAt: number;
  readonly columns: RowColumns;
  readonly groups: readonly ItemGroup[];
  /** In the order of the rows. Rows whose tokens cannot be counted are not in it. */
  readonly prompts: readonly SampledPrompt[];
  /** In the order of the rows. */
  readonly refusals: readonly RefusedRow[];
  /** The row that refuses the whole job: those after it were not rendered. */
  readonly jobRefusal: JobRefusal | null;
}

/** Items of one group may share a batch. */
export interface ItemGroup {
  readonly model: string;
  readonly endpoint: string;
}

/** A row of the sample, with what its model reads of it: 8 KB at most. */
export interface SampledPrompt extends Pick<PromptText, 'encoding' | 'formTokens'> {
  readonly index: number;
  /** The whole text or, of a long one, parts of it. */
  readonly pieces: readonly string[];
  /** The bytes of the whole text for each byte of the pieces. */
  readonly scale: number;
}

export interface RefusedRow extends RowRefusal {
  readonly index: number;
}

export interface JobRefusal extends Pick<JobRefused, 'kind' | 'problems'> {
  readonly index: number;
}

/** One value for each row. Of refused rows, all are 0. */
export interface RowColumns {
  /** The index of the row's group, plus 1. */
  readonly group: Uint32Array<ArrayBuffer>;
  /** The hash of the row's id, and the first word of the item's key. */
  readonly high: Uint32Array<ArrayBuffer>;
  readonly low: Uint32Array<ArrayBuffer>;
  readonly keyWord: Uint32Array<ArrayBuffer>;
  readonly inputTokens: Float64Array<ArrayBuffer>;
  /** NaN if not known, like the cost of the item in each lane. */
  readonly outputTokens: Float64Array<ArrayBuffer>;
  readonly batchUsd: Float64Array<ArrayBuffer>;
  readonly realtimeUsd: Float64Array<ArrayBuffer>;
  /** What a realtime call counts with, of rows that match the job's route; 0 for others. */
  readonly routedTokens: Float64Array<ArrayBuffer>;
}

export function makeColumns(rows: number): RowColumns {
  return {
    group: new Uint32Array(rows),
    high: new Uint32Array(rows),
    low: new Uint32Array(rows),
    keyWord: new Uint32Array(rows),
    inputTokens: new Float64Array(rows),
    outputTokens: new Float64Array(rows),
    batchUsd: new Float64Array(rows),
    realtimeUsd: new Float64Array(rows),
    routedTokens: new Float64Array(rows),
  };
}
