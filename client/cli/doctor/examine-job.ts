// Lets a worker check one job for the doctor: whether its stores can be read and written, and all else that would refuse it.

import type { Nightshift } from '../../nightshift.ts';
import { describeFailure } from '../failures.ts';
import { readJob } from '../job-file.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { bad, type Finding, ok } from './findings.ts';

/** Trying a store that does not answer takes long. */
const answerMsMax = 60_000;

export async function examineJob(
  jobs: Pick<Nightshift, 'validate' | 'dataRoot'>,
  file: string,
  taskQueue: string,
): Promise<Finding> {
  try {
    const job = await readJob(file, false, jobs.dataRoot);
    await jobs.validate(job, { taskQueue, signal: AbortSignal.timeout(answerMsMax) });
    return ok('job', `${file} is valid, and its stores can be used`);
  } catch (error) {
    return bad('job', describeFailure(error), `correct it, then: ${ownCommand(`validate ${shellWord(file)}`)}`);
  }
}
