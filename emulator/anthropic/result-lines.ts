// The lines of a batch's results: one for every request, whatever its result.

import type { Item } from '../answers/answer.ts';
import { isError, type Outcome, outcomes } from '../answers/outcome.ts';
import { idField, type LineWriter } from '../answers/results.ts';
import { parseOptions } from '../faults/options.ts';
import { errorBody, type Problem } from '../server/reply.ts';
import type { Batch } from '../world/batch.ts';
import { hex16 } from '../world/hash.ts';
import { messageBody } from './answers.ts';
import { unknownModelPrefix } from './receive.ts';

const plainOptions = parseOptions({});

export function resultWriter(batch: Batch): LineWriter {
  return (item, customId, at) => {
    const head = `{${idField(customId)}"result":`;
    if (item.outcome === outcomes.missing) return null;
    if (item.outcome === outcomes.notRun) return `${head}{"type":"${unrunType(batch)}"}}`;
    if (!isError(item.outcome)) return `${head}{"type":"succeeded","message":${messageBody(item, batch.options)}}}`;
    const problem = itemProblem(
      item.outcome,
      batch.scan?.index.defects.get(at),
      batch.scan?.index.sentinels.get(at)?.fail,
    );
    const error = errorBody('anthropic', problem, `req_${hex16(item.hash)}`, batch.options.errorBodyText);
    return `${head}{"type":"errored","error":${JSON.stringify(error)}}}`;
  };
}

/** The line of another customer's item; the batch's options do not affect it. */
export const foreignLine = (item: Item, customId: string): string =>
  `{${idField(customId)}"result":{"type":"succeeded","message":${messageBody({ ...item, model: 'claude-haiku-4-5' }, plainOptions)}}}`;

export const unrunType = ({ final }: Batch): 'canceled' | 'expired' =>
  final?.phase === 'cancelled' ? 'canceled' : 'expired';

export function itemProblem(outcome: Outcome, defect: string | undefined, told?: number | null): Problem {
  if (outcome === outcomes.error400) {
    const status = defect?.startsWith(unknownModelPrefix) === true ? 404 : (told ?? 400);
    return { status, message: defect ?? 'Invalid request.' };
  }
  if (outcome === outcomes.error429) return { status: 429, message: 'This request would exceed your rate limit.' };
  if (outcome === outcomes.timeout) return { status: 408, message: 'The request timed out.' };
  return { status: told ?? 500, message: told === 529 ? 'Overloaded' : 'Internal server error' };
}
