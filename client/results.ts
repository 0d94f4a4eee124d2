// Reads the files of a finished job, the results row by row: below the data root of this machine, or in the bucket that holds the output.

import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ResultLine } from '../domain/outcome/merge.ts';
import type { Json } from '../domain/outcome/outcome.ts';
import type { JobReport } from '../domain/report/report.ts';
import { readScheme } from '../domain/store-uri.ts';
import { createStore } from '../storage/registry.ts';
import type { Surroundings } from './surroundings.ts';

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

type Place = Pick<Surroundings, 'dataRoot' | 's3PathStyle'>;

/** Where a file can be read: its path on this machine, or its uri in a bucket. Throws if it should be on this machine and is not. */
export function locateFile(uri: string, { dataRoot }: Place): string {
  if (readScheme(uri) !== null) return uri;
  const path = join(dataRoot, uri);
  if (existsSync(path)) return path;
  throw new Error(
    `${uri} is not below ${dataRoot}: set NIGHTSHIFT_DATA to the data folder of the workers, or run this where it is mounted`,
  );
}

/** The bytes of a file that was located. */
export const openFile = (file: string, place: Place): Readable =>
  readScheme(file) === null ? createReadStream(file) : Readable.from(copyChunks(file, place), { objectMode: false });

/** Copies, because a stream holds chunks longer than they are valid. */
async function* copyChunks(uri: string, place: Place): AsyncGenerator<Buffer> {
  for await (const chunk of createStore(place).read(uri)) yield Buffer.from(chunk);
}

export async function* readLines(file: string, place: Place): AsyncGenerator<string> {
  const input = openFile(file, place);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  // The lines end without a word if the bytes end with an error.
  let failure: unknown = null;
  input.on('error', (error) => {
    failure = error;
    lines.close();
  });
  for await (const line of lines) if (line !== '') yield line;
  if (failure !== null) throw failure;
}

export async function* readResults<Output>(file: string, place: Place): AsyncGenerator<Result<Output>> {
  for await (const line of readLines(file, place)) yield JSON.parse(line);
}

export const readReport = async (file: string, place: Place): Promise<JobReport> =>
  JSON.parse(await text(openFile(file, place)));

/** The uri of a file next to the results. */
export const placeNextTo = (results: string, name: string): string => results.replace(/[^/]*$/, name);
