// The rows of a job's output: each repeats its request, and has a reply or an error.
import type { Item } from '../answers/answer.ts';
import { isBilled, isError, type Outcome, outcomes } from '../answers/outcome.ts';
import { idField, type LineWriter } from '../answers/results.ts';
import type { Problem } from '../server/reply.ts';
import type { Batch } from '../world/batch.ts';
import { converseBody } from './answers.ts';

export function rowWriter({ scan, options }: Batch): LineWriter {
  return (item, id, at) => {
    const head = `{${idField(id, 'recordId')}${inputField(item)}`;
    if (isBilled(item.outcome)) return `${head}"modelOutput":${converseBody(item, options)}}`;
    if (!isError(item.outcome)) return null;
    const index = scan?.index;
    const { status, message } = itemProblem(item.outcome, index?.defects.get(at), index?.sentinels.get(at)?.fail);
    const words = options.errorBodyText === undefined ? message : `${message} ${options.errorBodyText}`;
    return `${head}"error":${JSON.stringify({ errorCode: status, errorMessage: words })}}`;
  };
}

const inputField = (item: Item): string => `"modelInput":${JSON.stringify(item.body())},`;

export function itemProblem(outcome: Outcome, defect: string | undefined, told?: number | null): Problem {
  if (outcome === outcomes.error429) return { status: 429, message: 'Too many requests.' };
  if (outcome === outcomes.timeout) return { status: 408, message: 'The model took too long to answer.' };
  if (outcome !== outcomes.error400) return { status: told ?? 500, message: 'The model failed to answer.' };
  return { status: told ?? 400, message: defect ?? 'The request is not valid.' };
}
