// Reads a job file or a queue file, of this machine or in a bucket, and checks it against the schema. With --by-reference, it names the file by its path below
// the data root, or by its uri.

import { relative, resolve, sep } from 'node:path';
import { text } from 'node:stream/consumers';
import { readScheme } from '../../domain/store-uri.ts';
import { StoreError } from '../../storage/store.ts';
import type { Job, Queue } from '../index.ts';
import { openFile } from '../results.ts';
import type { JobReference } from '../starting/start-job.ts';
import { surroundings } from '../surroundings.ts';

/** Throws an error that lists every problem, one a line. */
export async function readJobFile(file: string): Promise<Job> {
  const job = await parsed<Job>(file, 'job');
  const { describeProblems } = await import('../problems.ts');
  const problems = describeProblems(job);
  if (problems.length === 0) return job;
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  throw new Error([`${file} has ${count}:`, ...problems.map((problem) => `  ${problem}`)].join('\n'));
}

/** Returns what is sent to Temporal: the job itself or its path. */
export const readJob = async (file: string, byReference: boolean, dataRoot: string): Promise<Job | JobReference> => {
  const job = await readJobFile(file);
  return byReference ? { job: belowRoot(file, dataRoot) } : job;
};

/** Returns the path below the data root, with forward slashes. */
function belowRoot(file: string, dataRoot: string): string {
  if (readScheme(file) !== null) return file;
  const path = relative(resolve(dataRoot), resolve(file)).split(sep);
  if (path[0] !== '..' && path[0] !== '') return path.join('/');
  throw new Error(
    `${file} is not below the data root ${resolve(dataRoot)}: set NIGHTSHIFT_DATA to the workers' data folder, or omit --by-reference`,
  );
}

/** The worker checks it. */
export async function readQueueFile(file: string): Promise<Queue> {
  return parsed(file, 'queue');
}

async function parsed<Content extends Job | Queue>(file: string, what: 'job' | 'queue'): Promise<Content> {
  let content: string;
  try {
    // Some editors begin a file with a byte order mark, which JSON does not know.
    content = (await text(openFile(file, surroundings()))).replace(/^\uFEFF/, '');
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new Error(`${file} cannot be read: give the path of a ${what} file`);
  }
  try {
    return JSON.parse(content);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${file} is not JSON (${why}): fix it; an editor that knows job.schema.json shows where`);
  }
}
