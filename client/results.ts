// Reads the files of a finished job below the data root of this machine, the results row by row.

import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ResultLine } from '../domain/outcome/merge.ts';
import type { Json } from '../domain/outcome/outcome.ts';
import type { JobReport } from '../domain/report/report.ts';

export type JobFile = 'results' | 'failures' | 'inDoubt' | 'rejects' | 'report' | 'page';

export const fileNames = {
  results: 'results.jsonl',
  failures: 'failures.jsonl',
  inDoubt: 'in-doubt.jsonl',
  rejects: 'rejects.jsonl',
  report: 'report.json',
  page: 'report.html',
} as const satisfies Record<JobFile, string>;

/** A line of `results.jsonl`; `Output` is what the job's schema, or its endpoint, makes of an answer. */
export type Result<Output = Json> = Omit<ResultLine, 'output'> & { readonly output: Output | null };

/** Throws if the file is not on this machine. */
export function localPath(uri: string, dataRoot: string): string {
  const path = join(dataRoot, uri);
  if (existsSync(path)) return path;
  throw new Error(
    `${uri} is not below ${dataRoot}: set NIGHTSHIFT_DATA to the data folder of the workers, or run this where it is mounted`,
  );
}

export async function* resultsIn<Output>(path: string): AsyncGenerator<Result<Output>> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) if (line !== '') yield JSON.parse(line);
}

export const reportIn = (path: string): JobReport => JSON.parse(readFileSync(path, 'utf8'));

/** The uri of a file next to the results. */
export const placeNextTo = (results: string, name: string): string => results.replace(/[^/]*$/, name);
