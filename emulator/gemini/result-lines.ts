// The lines of a batch's output: a response or an error for every item that ran.
import type { Item } from '../answers/answer.ts';
import { isBilled, isError, type Outcome, outcomes } from '../answers/outcome.ts';
import { idField, type LineWriter } from '../answers/results.ts';
import { parseOptions } from '../faults/options.ts';
import type { Problem } from '../server/reply.ts';
import type { Batch } from '../world/batch.ts';
import { geminiBody } from './answers.ts';
import { toRpcCode } from './error.ts';

const plainOptions = parseOptions({});

export function resultWriter({ endpoint, scan, options }: Batch): LineWriter {
  return (item, key, at) => {
    const head = `{${idField(key, 'key')}`;
    if (isBilled(item.outcome)) return `${head}"response":${geminiBody(endpoint, item, options)}}`;
    if (!isError(item.outcome)) return null;
    const { status, message } = itemProblem(
      item.outcome,
      scan?.index.defects.get(at),
      scan?.index.sentinels.get(at)?.fail,
    );
    const words = options.errorBodyText === undefined ? message : `${message} ${options.errorBodyText}`;
    return `${head}"error":${JSON.stringify({ code: toRpcCode(status), message: words })}}`;
  };
}

/** The line of another customer's item; the batch's options do not affect it. */
export const foreignLine = (item: Item, key: string): string =>
  `{${idField(key, 'key')}"response":${geminiBody('generateContent', { ...item, model: 'gemini-2.5-flash' }, plainOptions)}}`;

export function itemProblem(outcome: Outcome, defect: string | undefined, told?: number | null): Problem {
  if (outcome === outcomes.error429) return { status: 429, message: 'Resource has been exhausted (e.g. check quota).' };
  if (outcome === outcomes.timeout) return { status: 504, message: 'The deadline expired.' };
  if (outcome !== outcomes.error400) return { status: told ?? 500, message: 'An internal error has occurred.' };
  return { status: told ?? 400, message: defect ?? 'Request contains an invalid argument.' };
}
