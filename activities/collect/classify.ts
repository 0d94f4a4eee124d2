// From a batch's raw output to one judged line for each item, in row order. Missing lines are computed, never assumed.

import type { JobFile } from '../../domain/job.ts';
import { readJobFile } from '../../job-folder/job-file.ts';
import { readTally } from '../../job-folder/tallies.ts';
import type { ActivityDeps } from '../deps.ts';
import { forgetUploads } from '../finish/forget-uploads.ts';
import { heartbeating } from '../heartbeat.ts';
import { countTally } from '../metrics.ts';
import { forgetChunks } from '../realtime/forget-chunks.ts';
import type { ClassifyInput } from './classify-input.ts';
import { type ClassifyResult, type JudgeDeps, openJudgement } from './judgement.ts';

export type { ClassifyResult } from './judgement.ts';

export async function classify(
  deps: JudgeDeps & Pick<ActivityDeps, 'heavy'>,
  input: ClassifyInput,
): Promise<ClassifyResult> {
  const job = await readJobFile(deps.store, input);
  return heartbeating(job.timing, async () => {
    const result = await judge(deps, job, input);
    if (result.kind === 'tally' && input.planned.lane === 'realtime') await forgetChunks(deps.store, input);
    if (result.kind === 'tally') await forgetUploads(deps, job, input, result.tally);
    return result;
  });
}

/** A tally that is there already was counted in the metrics by the attempt that wrote it: usually that of the download. */
async function judge(
  deps: JudgeDeps & Pick<ActivityDeps, 'heavy'>,
  job: JobFile,
  input: ClassifyInput,
): Promise<ClassifyResult> {
  const there = await readTally(deps.store, input);
  if (there !== null) return { kind: 'tally', tally: there };
  const result = await deps.heavy(async () => {
    const judgement = await openJudgement(deps, job, input);
    try {
      return await judgement.settle(input, await judgement.readAll(input));
    } finally {
      judgement.close();
    }
  });
  if (result.kind === 'tally') countTally(job.spec.provider, result.tally);
  return result;
}
