// Task: finds the lines in a block of answers, and the facts of each that the merge needs.

import { isResultLine, readRow } from '../../job-folder/plan/item-line.ts';

export interface AnswerBlock {
  /** Whole lines, each with its newline. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** By line. */
export interface ScannedBlock extends AnswerBlock {
  /** The end of each line, after its newline. */
  readonly ends: Uint32Array<ArrayBuffer>;
  readonly rows: Float64Array<ArrayBuffer>;
  /** Of answers; NaN if it is not known. */
  readonly costs: Float64Array<ArrayBuffer>;
  /** 1 if the line has the form of a line of results, so that it can be copied. */
  readonly isResult: Uint8Array<ArrayBuffer>;
}

const newline = 10;
const costName = '"costUsd":';
/** The longest number has fewer digits. */
const costDigitsMax = 32;

export function scanAnswers({ bytes }: AnswerBlock): ScannedBlock {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const ends = findEnds(all);
  const rows = new Float64Array(ends.length);
  const costs = new Float64Array(ends.length);
  const isResult = new Uint8Array(ends.length);
  let from = 0;
  for (const [index, end] of ends.entries()) {
    const line = all.subarray(from, end - 1);
    rows[index] = readRow(line);
    isResult[index] = isResultLine(line) ? 1 : 0;
    costs[index] = isResult[index] === 1 ? readCost(line) : Number.NaN;
    from = end;
  }
  return { bytes, ends, rows, costs, isResult };
}

function findEnds(bytes: Buffer): Uint32Array<ArrayBuffer> {
  const ends: number[] = [];
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) ends.push(at + 1);
  return Uint32Array.from(ends);
}

/** The last such name in the line is the answer's own: quotes in texts after it are escaped. NaN for `null`. */
function readCost(line: Buffer): number {
  const from = line.lastIndexOf(costName) + costName.length;
  return Number.parseFloat(line.toString('latin1', from, Math.min(line.length, from + costDigitsMax)));
}
