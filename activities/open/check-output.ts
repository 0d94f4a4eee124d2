// Checks that a job may use its output: the folder is empty or the job's own, and does not hold the job's input.

import { cancellationSignal } from '@temporalio/activity';
import { listUris, matchesPattern } from '../../domain/dataset.ts';
import type { JobFile, JobSpec } from '../../domain/job.ts';
import { JobRefused, type Problem, type RefusalKind } from '../../domain/refusal.ts';
import { type Owner, readClaimed } from '../../job-folder/claim.ts';
import { findForeignFile } from '../../job-folder/leftovers.ts';
import { jobFile, resultsFile } from '../../job-folder/paths.ts';
import { type Store, StoreError } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import { isOwnJob, mayTake } from './take.ts';

export interface Finding {
  readonly kind: RefusalKind;
  readonly problem: Problem;
}

export const report = (kind: RefusalKind, where: string, message: string): Finding[] => [
  { kind, problem: { where, message } },
];

/** A job writes below its output, so an input file there could be overwritten while it is read. */
export function checkInputsOutside({ dataset, reuse, output }: JobSpec): Finding[] {
  const findInside = (where: 'dataset' | 'reuse', uri: string | null): Finding[] => {
    if (uri === null || !`${uri}/`.startsWith(output)) return [];
    const message = `${uri} is inside \`output\` (${output}), where this job writes: give another \`output\`, or move the file out of that folder`;
    return report('invalid_job', where, message);
  };
  const inDataset = listUris(dataset.uri).flatMap((uri) => [
    ...findInside('dataset', uri),
    ...(matchesPattern(uri, resultsFile(output)) ? describeMatch(uri, output) : []),
  ]);
  return [...inDataset, ...findInside('reuse', reuse)];
}

function describeMatch(uri: string, output: string): Finding[] {
  const message = `${uri} also matches ${resultsFile(output)}, which this job writes: give another \`output\`, or a narrower pattern`;
  return report('invalid_job', 'dataset', message);
}

/** Finds nothing if the output is free, if `owner` has claimed it, or if it may be taken from the job that claimed it. */
export async function checkOutput(
  deps: Pick<ActivityDeps, 'store' | 'cluster'>,
  owner: Owner,
  output: string,
): Promise<Finding[]> {
  const { store } = deps;
  try {
    const file = await findFileOnPath(store, output);
    if (file !== null) {
      const message = `${file} is a file, so ${output} cannot be a folder: give another \`output\``;
      return report('invalid_job', 'output', message);
    }
    const found = await readClaimed(store, output);
    if (found === null) return await checkEmpty(store, output);
    if (found === 'not_ours') return [describeOwner(found, output)];
    return isOwnJob(found, owner) || (await mayTake(deps, owner, output, found)) ? [] : [describeOwner(found, output)];
  } catch (error) {
    if (!isUnusable(error)) throw error;
    return report('invalid_job', 'output', `${output} is not a folder under the data root: give another \`output\``);
  }
}

const isUnusable = (error: unknown): boolean =>
  error instanceof StoreError && (error.problem === 'outside_root' || error.problem === 'bad_uri');

/** The refusal if somebody else has claimed the output. */
export function refuseOutput(found: Pick<JobFile, 'claim'> | 'not_ours', output: string): JobRefused {
  const { kind, problem } = describeOwner(found, output);
  return new JobRefused(kind, [problem]);
}

function describeOwner(found: Pick<JobFile, 'claim'> | 'not_ours', output: string): Finding {
  if (found === 'not_ours') {
    const message = `${jobFile(output)} was not written by Nightshift, which needs that name for its own file: rename or move the file, or give another \`output\``;
    return { kind: 'output_not_empty', problem: { where: 'output', message } };
  }
  const { workflowId, claimedAt } = found.claim;
  const message = `${output} belongs to ${workflowId} (since ${claimedAt}): give another \`output\`, carry its answers over with \`reuse\`, or continue that job with \`resumeFrom\``;
  return { kind: 'output_claimed', problem: { where: 'output', message } };
}

async function findFileOnPath(store: Store, output: string): Promise<string | null> {
  const parts = output.split('/').filter(Boolean);
  for (const index of parts.keys()) {
    const uri = parts.slice(0, index + 1).join('/');
    if ((await store.head(uri, cancellationSignal())) !== null) return uri;
  }
  return null;
}

async function checkEmpty(store: Store, output: string): Promise<Finding[]> {
  const foreign = await findForeignFile(store, output, () => false);
  if (foreign === null) return [];
  const message = `${output} is not empty: it holds ${foreign}, which is not this job's. Give another \`output\`, or move the files away`;
  return report('output_not_empty', 'output', message);
}
