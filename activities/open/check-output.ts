// Checks that a job may use its output: the folder is empty or the job's own, and does not hold the job's input.

import { cancellationSignal } from '@temporalio/activity';
import { listUris } from '../../domain/dataset.ts';
import type { JobFile, JobSpec } from '../../domain/job.ts';
import { JobRefused, type Problem, type RefusalKind } from '../../domain/refusal.ts';
import { readScheme } from '../../domain/store-uri.ts';
import { type Owner, readClaimed } from '../../job-folder/claim.ts';
import { findForeignFile } from '../../job-folder/leftovers.ts';
import { findOwnMatch } from '../../job-folder/own-files.ts';
import { jobFile } from '../../job-folder/paths.ts';
import { type Store, StoreError, storeAdvice } from '../../storage/store.ts';
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
  const inDataset = listUris(dataset.uri).flatMap((uri) => {
    const inside = findInside('dataset', uri);
    return inside.length > 0 ? inside : findMatch(uri, output);
  });
  return [...inDataset, ...findInside('reuse', reuse)];
}

function findMatch(pattern: string, output: string): Finding[] {
  const own = findOwnMatch(output, pattern);
  if (own === undefined) return [];
  const message = `${pattern} also matches ${own}, which this job writes: give another \`output\`, or a narrower pattern`;
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
    if (readScheme(output) !== null) await tryOutput(store, output);
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
    if (!(error instanceof StoreError)) throw error;
    const { problem } = error;
    if (problem === 'outside_root' || problem === 'bad_uri') {
      return report('invalid_job', 'output', `${output} is not a folder under the data root: give another \`output\``);
    }
    if (readScheme(output) === null || problem === 'unavailable' || problem === 'full') throw error;
    return report('invalid_job', 'output', `${output} cannot be used: ${storeAdvice[problem]}`);
  }
}

/** Whether files can be read and, each by one writer only, created. Leaves nothing. */
async function tryOutput(store: Store, output: string): Promise<void> {
  await store.head(jobFile(output), cancellationSignal());
  const sink = await store.create(jobFile(output), { ifAbsent: true, signal: cancellationSignal() });
  await sink.abort();
}

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

/** In a bucket, a file and a folder may have the same name. */
async function findFileOnPath(store: Store, output: string): Promise<string | null> {
  if (readScheme(output) !== null) return null;
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
