// Reads the answers of a collected batch from the store, each as a line of `results.jsonl` has it.

import { type BatchRef, carriedBatch } from '../../../domain/ids.ts';
import { buildResult, type ResultLine } from '../../../domain/outcome/merge.ts';
import type { Tally } from '../../../domain/outcome/outcome.ts';
import { answersFile, resultsFile } from '../../../job-folder/paths.ts';
import { isResultLine, parseItemLine } from '../../../job-folder/plan/item-line.ts';
import { readTally } from '../../../job-folder/tallies.ts';
import { cursorLineBytesMax, lineChunks } from '../../../storage/lines/json-lines.ts';
import type { Store } from '../../../storage/store.ts';

/** A result, and the line of its file that it is from. */
export interface NumberedResult {
  readonly line: number;
  /** A `ResultLine` as JSON. Its cost is that of this attempt alone; the results have the cost of all. */
  readonly json: string;
}

/** Null of what `reuse` carried over. */
export const readBatchTally = (store: Store, ref: BatchRef): Promise<Tally | null> =>
  ref.wave === carriedBatch.wave ? Promise.resolve(null) : readTally(store, ref);

/** The answered items after a line. An item that failed may be sent again: it is among the results at the end. */
export async function* readAnswers(
  store: Store,
  ref: BatchRef,
  tally: Tally | null,
  after: number,
): AsyncGenerator<NumberedResult> {
  const { lane = 'batch', batchId = null } = tally ?? {};
  for await (const { line, bytes } of readFrom(store, answersFile(ref), after)) {
    // Most answers have the form of a result on disk.
    const json = isResultLine(bytes) ? bytes.toString() : foldAnswer(bytes, { lane, batchId });
    if (json !== null) yield { line, json };
  }
}

function foldAnswer(bytes: Buffer, sent: Pick<Tally, 'lane' | 'batchId'>): string | null {
  const answer = parseItemLine(bytes.toString());
  return 'kind' in answer && answer.kind === 'answered' ? JSON.stringify(buildResult([{ answer, ...sent }])) : null;
}

/** The results of a job that has ended which were in no batch's answers: failed rows, and rows that share the item of another. */
export async function* readRest(store: Store, output: string, after: number): AsyncGenerator<NumberedResult> {
  for await (const { line, bytes } of readFrom(store, resultsFile(output), after)) {
    const json = bytes.toString();
    const { status, sameAs }: ResultLine = JSON.parse(json);
    if (status === 'failed' || sameAs !== undefined) yield { line, json };
  }
}

async function* readFrom(
  store: Store,
  uri: string,
  after: number,
): AsyncGenerator<{ readonly line: number; readonly bytes: Buffer }> {
  for await (const lines of lineChunks(store.read(uri), { lineBytesMax: cursorLineBytesMax })) {
    for (const { number, bytes } of lines) {
      if (number > after && bytes !== null && bytes.length > 0) yield { line: number, bytes };
    }
  }
}
