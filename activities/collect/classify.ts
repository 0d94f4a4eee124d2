// From a batch's raw output to one judged line per item, in row order. What is missing is computed, never assumed.

import type { JobFile } from '../../domain/job.ts';
import type { Tally } from '../../domain/outcome/outcome.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { readJobFile, readOwnIfThere } from '../../job-folder/job-file.ts';
import { readEntries } from '../../job-folder/manifest.ts';
import { tallyFile } from '../../job-folder/paths.ts';
import { writeJson } from '../../storage/lines/json-lines.ts';
import { type ActivityDeps, requireProvider } from '../deps.ts';
import { heartbeating } from '../heartbeat.ts';
import { countTally } from '../metrics.ts';
import { BatchAnswers } from './batch-answers.ts';
import type { ClassifyInput } from './classify-input.ts';

export async function classify(deps: ActivityDeps, input: ClassifyInput): Promise<Tally> {
  const there = await readOwnIfThere<Tally>(deps.store, tallyFile(input));
  if (there !== null) return there;
  const job = await readJobFile(deps.store, input.output);
  const tally = await heartbeating(job.timing, () => deps.heavy(() => classifyBatch(deps, job, input)));
  countTally(job.spec.provider, tally);
  return tally;
}

async function classifyBatch(deps: ActivityDeps, job: JobFile, input: ClassifyInput): Promise<Tally> {
  const [planned] = await readEntries(deps.store, input.output, input.wave, input.batch, 1);
  if (planned === undefined) throw new InvariantBroken(`wave ${input.wave} has no batch ${input.batch}`);
  const batch = new BatchAnswers(deps, job, requireProvider(deps, job), planned, input);
  try {
    const tally = await batch.write();
    await writeJson(deps.store, tallyFile(input), tally);
    return tally;
  } finally {
    batch.close();
  }
}
