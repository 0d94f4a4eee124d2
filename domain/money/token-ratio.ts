// How many tokens a model really makes of four bytes, from a sample of the rows. The sample is chosen by the number of a row alone, so every
// planner chooses the same rows, whatever the dataset's length.

import { findQuantile } from './confidence.ts';

/** Every row up to this one is in the sample. Of 100 rows more, the sample gets about 100 · ln(rows / 100). */
const wholeRows = 100;

/** So many rows must be counted for an interval, unless the sample is the whole. */
const rowsMin = 8;

/** Of one model: sums over the rows of the sample, each for as many rows as it stands for. */
export interface TokenSums {
  /** Rows in the sample. */
  readonly rows: number;
  /** The tokens that were counted, and those that were estimated at four bytes each. */
  readonly counted: number;
  readonly estimated: number;
  /** Sums of the squares that the variance needs. */
  readonly countedSquared: number;
  readonly product: number;
  readonly estimatedSquared: number;
}

export const noTokens: TokenSums = {
  rows: 0,
  counted: 0,
  estimated: 0,
  countedSquared: 0,
  product: 0,
  estimatedSquared: 0,
};

/** The tokens of a model for each token that is estimated at four bytes: its 95 % interval, and the rows that it is from. */
export interface TokenRatio {
  readonly model: string;
  readonly rows: number;
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

/** How many rows a row of the sample stands for; 0 if it is not in the sample. */
export function weighRow(row: number): number {
  if (row <= wholeRows) return 1;
  return mixBits(row) * row < wholeRows * 2 ** 32 ? row / wholeRows : 0;
}

/** 32 bits that look random, and depend on the row alone: the finalizer of MurmurHash3. */
function mixBits(row: number): number {
  let bits = (row ^ Math.floor(row / 2 ** 32)) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

export function addSampled(sums: TokenSums, row: number, counted: number, estimated: number): TokenSums {
  const weight = weighRow(row);
  const square = weight * weight;
  return {
    rows: sums.rows + 1,
    counted: sums.counted + weight * counted,
    estimated: sums.estimated + weight * estimated,
    countedSquared: sums.countedSquared + square * counted * counted,
    product: sums.product + square * counted * estimated,
    estimatedSquared: sums.estimatedSquared + square * estimated * estimated,
  };
}

/** Null if too few of the model's items were counted. The variance is that of a ratio of sums, by the residuals. */
export function computeRatio(model: string, items: number, sums: TokenSums): TokenRatio | null {
  const { rows, counted, estimated, countedSquared, product, estimatedSquared } = sums;
  const isWhole = rows === items;
  if (estimated === 0 || (!isWhole && rows < rowsMin)) return null;
  const ratio = counted / estimated;
  const squares = countedSquared - 2 * ratio * product + ratio * ratio * estimatedSquared;
  const error = isWhole ? 0 : (findQuantile(rows - 1) * Math.sqrt(Math.max(0, squares))) / estimated;
  return {
    model,
    rows,
    ratio: round(ratio),
    low: roundDown(Math.max(0, ratio - error)),
    high: roundUp(ratio + error),
  };
}

const digits = 1e4;
const round = (value: number): number => Math.round(value * digits) / digits;
const roundDown = (value: number): number => Math.floor(value * digits) / digits;
/** The upper end guards limits, so it is never rounded down. */
const roundUp = (value: number): number => Math.ceil(value * digits) / digits;

/** What estimates of a model are multiplied with where they guard a limit: never less than 1. */
export const findFactor = (ratios: readonly TokenRatio[] | undefined, model: string): number =>
  Math.max(1, ratios?.find((each) => each.model === model)?.high ?? 1);
