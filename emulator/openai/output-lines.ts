// The lines of both of a batch's files: for vendors that give results one by one.

import { resultChunks } from '../answers/results.ts';
import { type Json, parseObject } from '../server/json.ts';
import { refuse } from '../server/reply.ts';
import type { Batch } from '../world/batch.ts';
import { resultWriter } from './result-lines.ts';

export function listOutput(batch: Batch): string[] {
  return (['output', 'error'] as const).flatMap((part) => {
    const text = Buffer.concat([...resultChunks(batch, resultWriter(batch, part), 'all')]).toString('utf8');
    return text.split('\n').filter((line) => line !== '');
  });
}

/** Lines that are not JSON are left out: such a vendor has no place for them. */
export const parseOutput = (lines: readonly string[]): Json[] =>
  lines.flatMap((line): Json[] => {
    const parsed = parseObject(line);
    return parsed === null ? [] : [parsed];
  });

/** Counts a refusal of the fault that hides results for some calls. */
export function refuseWhileHidden(batch: Batch): void {
  if (batch.downloadsRefused >= (batch.fault.outputNotFoundFor ?? 0)) return;
  batch.downloadsRefused += 1;
  throw refuse(404, 'No such File object.', { param: 'id' });
}
