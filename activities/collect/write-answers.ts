// Writes a batch's answers in row order. An answer has the form of a line of results, so that the merge only copies it. Any other line joins the
// line of its item with the item's outcome.

import type { BatchRef } from '../../domain/ids.ts';
import { isPending } from '../../domain/maybe-promise.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import type { ChunkHead } from '../../job-folder/chunks.ts';
import { answersFile, chunkFile, itemsFile } from '../../job-folder/paths.ts';
import { findItemParts } from '../../job-folder/plan/item-line.ts';
import { type LineWriter, lineCursor, lineWriter } from '../../storage/lines/json-lines.ts';
import { type Store, StoreError } from '../../storage/store.ts';
import { beatOnLine } from '../heartbeat.ts';
import type { FirstAnswers } from './first-answers.ts';
import type { BatchPart } from './item-index.ts';

export interface WrittenAnswers {
  readonly answers: FirstAnswers;
  readonly keepsResponses: boolean;
}

/** Every item must have an outcome. If this fails, no file is left. */
export async function writeAnswers(store: Store, ref: BatchRef, items: number, written: WrittenAnswers): Promise<void> {
  await writeLines(store, ref, { from: 0, count: items }, lineWriter(await store.create(answersFile(ref))), written);
}

/** The same lines of a part of a batch, which are places from 0 in `answers`, after a line about the file. A file that is there stays. */
export async function writeChunkAnswers(
  store: Store,
  ref: BatchRef,
  part: BatchPart,
  written: WrittenAnswers & { readonly head: ChunkHead },
): Promise<void> {
  try {
    const writer = lineWriter(await store.create(chunkFile(ref, part.from + 1), { ifAbsent: true }));
    await writeLines(store, ref, part, writer, written);
  } catch (error) {
    if (!(error instanceof StoreError && error.problem === 'exists')) throw error;
  }
}

async function writeLines(
  store: Store,
  ref: BatchRef,
  { from, count }: BatchPart,
  writer: LineWriter,
  { answers, keepsResponses, head }: WrittenAnswers & { readonly head?: ChunkHead },
): Promise<void> {
  const cursor = lineCursor(store.read(itemsFile(ref)));
  const text = new AnswerText(answers, keepsResponses);
  try {
    if (head !== undefined) await writer.write(Buffer.from(JSON.stringify(head)));
    for (let place = 0; place < from + count; place += 1) {
      const next = cursor.next();
      const item = isPending(next) ? await next : next;
      if (item?.bytes == null) throw new InvariantBroken(`item ${place + 1} of ${from + count} is not there`);
      beatOnLine(place);
      if (place < from) continue;
      const waits = writer.write(text.join(item.bytes, place - from));
      if (waits !== undefined) await waits;
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    await cursor.close();
  }
}

/** Room for what a line has besides its item and its outcome. */
const joinBytes = 64;

/** Puts lines together as bytes: there are millions of them, and parsing each would cost more than the rest of the work. */
class AnswerText {
  readonly #answers: FirstAnswers;
  readonly #keepsResponses: boolean;
  #line = Buffer.allocUnsafeSlow(64 * 1024);
  #used = 0;

  constructor(answers: FirstAnswers, keepsResponses: boolean) {
    this.#answers = answers;
    this.#keepsResponses = keepsResponses;
  }

  /** A view, valid until the next call. */
  join(item: Buffer, place: number): Buffer {
    const needed = item.length + this.#answers.textBytes(place) + joinBytes;
    if (needed > this.#line.length) this.#line = Buffer.allocUnsafeSlow(2 * needed);
    this.#used = 0;
    // A line of results ends with the response.
    if (this.#answers.isAnswered(place) && !this.#keepsResponses) {
      this.#joinResult(item, place);
    } else {
      this.#copy(item, 0, item.length - 1);
      this.#write(',');
      this.#copyOutcome(place);
    }
    this.#write('}');
    return this.#line.subarray(0, this.#used);
  }

  #joinResult(item: Buffer, place: number): void {
    const { rowAt, rowEnd, idAt, idEnd, namesEnd } = findItemParts(item);
    this.#write('{"id":');
    this.#copy(item, idAt, idEnd);
    this.#write(',"row":');
    this.#copy(item, rowAt, rowEnd);
    this.#write(',');
    this.#copyOutcome(place);
    this.#copy(item, idEnd, namesEnd);
  }

  #write(ascii: string): void {
    this.#used += this.#line.write(ascii, this.#used, 'latin1');
  }

  #copy(from: Buffer, start: number, end: number): void {
    this.#used += from.copy(this.#line, this.#used, start, end);
  }

  #copyOutcome(place: number): void {
    this.#used = this.#answers.copyText(place, this.#line, this.#used);
  }
}
