// Reads the answers of a collected batch, or of a part of it, from the store, each as a line of `results.jsonl` has it.

import { type BatchRef, carriedBatch } from '../../../domain/ids.ts';
import { buildResult, type ResultLine } from '../../../domain/outcome/merge.ts';
import type { Tally } from '../../../domain/outcome/outcome.ts';
import { readChunkHead } from '../../../job-folder/chunks.ts';
import { answersFile, chunkFile, resultsFile } from '../../../job-folder/paths.ts';
import { isResultLine, parseItemLine } from '../../../job-folder/plan/item-line.ts';
import { readTally } from '../../../job-folder/tallies.ts';
import { cursorLineBytesMax, lineChunks } from '../../../storage/lines/json-lines.ts';
import { isMissing, type Store } from '../../../storage/store.ts';

/** How far a file was told. */
export interface Place {
  /** The last line of the batch's answers, or of the results; 0 before the first. */
  readonly line: number;
  /** Where the next line begins, and in which file. Null if only the line is known. */
  readonly next: { readonly uri: string; readonly byte: number } | null;
}

export const fileStart: Place = { line: 0, next: null };

export interface PlacedResult {
  readonly place: Place;
  /** A `ResultLine` as JSON. Its cost is that of this attempt alone; the results have the cost of all. Null if the line is not told here. */
  readonly json: string | null;
}

/** Consecutive lines of a batch's answers: those after `from`, up to `to`, which is null up to the end. */
export interface AnswersPart {
  readonly ref: BatchRef;
  readonly from: number;
  readonly to: number | null;
}

/** The store has neither the batch's answers nor those of the chunk, as between the removal of one and a reader's look for the other. */
export class NotReadable extends Error {
  override readonly name = 'NotReadable';
}

/** Null of what `reuse` carried over. */
export const readBatchTally = (store: Store, ref: BatchRef): Promise<Tally | null> =>
  ref.wave === carriedBatch.wave ? Promise.resolve(null) : readTally(store, ref);

/** The answered items after a place. An item that failed may be sent again: it is among the results at the end. */
export async function* readAnswers(
  store: Store,
  { ref, from, to }: AnswersPart,
  tally: Tally | null,
  place: Place,
): AsyncGenerator<PlacedResult> {
  const late = new Set(tally?.late);
  // Answers that came after the end of their chunk are told with the batch.
  const hasLate = to === null && [...late].some((line) => line > place.line && line <= from);
  const start = hasLate || place.line >= from ? place : { line: from, next: null };
  for await (const { bytes, ...line } of readFrom(store, answersFile(ref), start)) {
    const isLate = late.has(line.place.line);
    const isHere = to === null ? line.place.line > from || isLate : !isLate;
    yield { ...line, json: isHere ? foldAnswer(bytes, tally) : null };
    if (to !== null && line.place.line >= to) return;
  }
}

/** The same of a chunk, from the batch's answers if they are there, else from the files of its chunks. Fails with `NotReadable`. */
export async function* readChunk(
  store: Store,
  part: AnswersPart & { readonly to: number },
  place: Place,
): AsyncGenerator<PlacedResult> {
  let at = place.line >= part.from ? place : { line: part.from, next: null };
  for (let looks = 1; at.line < part.to; looks += 1) {
    const tally = await readBatchTally(store, part.ref);
    if (tally !== null) return yield* readAnswers(store, part, tally, at);
    // The files may be removed at any time, because the batch has its answers then.
    if (looks > looksMax) throw new NotReadable();
    for await (const line of readChunkFiles(store, part, at)) {
      at = line.place;
      yield line;
    }
  }
}

const looksMax = 2;

/** Ends early if a file is not there. */
async function* readChunkFiles(
  store: Store,
  { ref, from, to }: AnswersPart & { readonly to: number },
  place: Place,
): AsyncGenerator<PlacedResult> {
  for (let first = from + 1, at = place; at.line < to; ) {
    const head = await readChunkHead(store, ref, first);
    if (head === null) return;
    if (head.last > at.line) {
      for await (const line of readChunkFile(store, chunkFile(ref, first), first, at)) {
        at = line.place;
        yield line;
        if (at.line === to) return;
      }
      if (at.line < head.last) return;
    }
    first = head.last + 1;
  }
}

async function* readChunkFile(store: Store, uri: string, first: number, place: Place): AsyncGenerator<PlacedResult> {
  try {
    // Before the chunk's first line is the file's head.
    for await (const { place: at, bytes } of readFrom(store, uri, place, first - 1)) {
      if (at.line >= first) yield { place: at, json: foldAnswer(bytes, { lane: 'realtime', batchId: null }) };
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Most answers have the form of a result on disk. Null if the item is not answered. */
function foldAnswer(bytes: Buffer, sent: Pick<Tally, 'lane' | 'batchId'> | null): string | null {
  if (isResultLine(bytes)) return bytes.toString();
  const { lane = 'batch', batchId = null } = sent ?? {};
  const answer = parseItemLine(bytes.toString());
  const isAnswered = 'kind' in answer && answer.kind === 'answered';
  return isAnswered ? JSON.stringify(buildResult([{ answer, lane, batchId }])) : null;
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

/** The lines after a place. `fileLine` is the number of the file's first line. */
async function* readFrom(
  store: Store,
  uri: string,
  from: Place,
  fileLine = 1,
): AsyncGenerator<{ readonly place: Place; readonly bytes: Buffer }> {
  const byte = from.next?.uri === uri ? from.next.byte : 0;
  const source = store.read(uri, { start: byte, aheadBytes });
  const firstLine = byte === 0 ? fileLine : from.line + 1;
  const options = { lineBytesMax: cursorLineBytesMax, firstLine, firstByte: byte };
  for await (const lines of lineChunks(source, options)) {
    for (const { number, end, bytes } of lines) {
      if (number <= from.line || bytes === null || bytes.length === 0) continue;
      yield { place: { line: number, next: { uri, byte: end } }, bytes };
    }
  }
}
