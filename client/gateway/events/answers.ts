// Reads the answers of a collected batch from the store, each as a line of `results.jsonl` has it.

import { type BatchRef, carriedBatch } from '../../../domain/ids.ts';
import { buildResult, type ResultLine } from '../../../domain/outcome/merge.ts';
import type { Tally } from '../../../domain/outcome/outcome.ts';
import { answersFile, resultsFile } from '../../../job-folder/paths.ts';
import { isResultLine, parseItemLine } from '../../../job-folder/plan/item-line.ts';
import { readTally } from '../../../job-folder/tallies.ts';
import { cursorLineBytesMax, lineChunks } from '../../../storage/lines/json-lines.ts';
import type { Store } from '../../../storage/store.ts';

/** How far a file was told. */
export interface Place {
  /** The last line; 0 before the first. */
  readonly line: number;
  /** Where the next line begins; 0 if only the line is known. */
  readonly byte: number;
}

export const fileStart: Place = { line: 0, byte: 0 };

export interface PlacedResult {
  readonly place: Place;
  /** A `ResultLine` as JSON. Its cost is that of this attempt alone; the results have the cost of all. */
  readonly json: string;
}

/** Null of what `reuse` carried over. */
export const readBatchTally = (store: Store, ref: BatchRef): Promise<Tally | null> =>
  ref.wave === carriedBatch.wave ? Promise.resolve(null) : readTally(store, ref);

/** The answered items after a place. An item that failed may be sent again: it is among the results at the end. */
export async function* readAnswers(
  store: Store,
  ref: BatchRef,
  tally: Tally | null,
  from: Place,
): AsyncGenerator<PlacedResult> {
  const { lane = 'batch', batchId = null } = tally ?? {};
  for await (const { place, bytes } of readFrom(store, answersFile(ref), from)) {
    // Most answers have the form of a result on disk.
    const json = isResultLine(bytes) ? bytes.toString() : foldAnswer(bytes, { lane, batchId });
    if (json !== null) yield { place, json };
  }
}

function foldAnswer(bytes: Buffer, sent: Pick<Tally, 'lane' | 'batchId'>): string | null {
  const answer = parseItemLine(bytes.toString());
  return 'kind' in answer && answer.kind === 'answered' ? JSON.stringify(buildResult([{ answer, ...sent }])) : null;
}

/** The results of a job that has ended which were in no batch's answers: failed rows, and rows that share the item of another. */
export async function* readRest(store: Store, output: string, from: Place): AsyncGenerator<PlacedResult> {
  for await (const { place, bytes } of readFrom(store, resultsFile(output), from)) {
    const json = bytes.toString();
    const { status, sameAs }: ResultLine = JSON.parse(json);
    if (status === 'failed' || sameAs !== undefined) yield { place, json };
  }
}

/** Each reader holds so much of a file. */
const aheadBytes = 16 * 1024;

async function* readFrom(
  store: Store,
  uri: string,
  from: Place,
): AsyncGenerator<{ readonly place: Place; readonly bytes: Buffer }> {
  const source = store.read(uri, { start: from.byte, aheadBytes });
  const firstLine = from.byte === 0 ? 1 : from.line + 1;
  const options = { lineBytesMax: cursorLineBytesMax, firstLine, firstByte: from.byte };
  for await (const lines of lineChunks(source, options)) {
    for (const { number, end, bytes } of lines) {
      if (number <= from.line || bytes === null || bytes.length === 0) continue;
      yield { place: { line: number, byte: end }, bytes };
    }
  }
}
