// What is shown of a result: a line of `results.jsonl` may have megabytes, and the page holds only what it shows.

import type { ResultLine } from '../../../../../domain/outcome/merge.ts';
import { count, cut, usd, words } from '../words.ts';

const textMax = 600;
const idMax = 120;

export interface ShownResult {
  readonly cells: readonly string[];
  readonly isFailed: boolean;
}

export function describeResult(line: string): ShownResult {
  const { row, id, status, output, reason, message, costUsd }: ResultLine = JSON.parse(line);
  const isFailed = status === 'failed';
  const text = isFailed ? `${words(reason ?? 'failed')}: ${message ?? ''}` : formatOutput(output);
  // A part of a long text would keep all of it in memory: the browser's strings share what they were cut from.
  const own = [cut(String(id), idMax), cut(text, textMax)].map((each) => structuredClone(each));
  return { cells: [count(row), own[0] ?? '', own[1] ?? '', usd(costUsd)], isFailed };
}

const formatOutput = (output: ResultLine['output']): string =>
  typeof output === 'string' ? output : JSON.stringify(output);
