// Reads a batch's raw output line by line, has the lines judged by threads, and keeps what each line says of its item, in the order of lines.

import { cancellationSignal } from '@temporalio/activity';
import type { LineCounts } from '../../domain/batch/evidence.ts';
import type { PlannedBatch } from '../../domain/job.ts';
import { reasonOfFault } from '../../domain/outcome/classify.ts';
import { type Anomalies, type ItemReason, itemReasons } from '../../domain/outcome/outcome.ts';
import type { VerdictPolicy } from '../../domain/outcome/verdict.ts';
import { countJoined } from '../../domain/plan/joint-requests.ts';
import { type JournalNote, parseNote } from '../../job-folder/journals.ts';
import { cursorLineBytesMax } from '../../storage/lines/json-lines.ts';
import { type Line, Splitter } from '../../storage/lines/splitter.ts';
import type { Store } from '../../storage/store.ts';
import type { Threads } from '../../threads/pool.ts';
import type { Judge } from '../../threads/tasks/judge.ts';
import { idWords, type JudgedLines, lineKinds, writeId } from '../../threads/tasks/judge-lines.ts';
import type { FirstAnswers } from './first-answers.ts';
import type { ImageFiles } from './image-files.ts';
import type { ItemIndex } from './item-index.ts';
import { LineJudge } from './line-judge.ts';
import { PendingCalls } from './pending-calls.ts';

/** The batch that the lines belong to, and what to do with each line. */
export interface RawLineTarget {
  readonly planned: Pick<PlannedBatch, 'lane' | 'items'>;
  /** How many items one line is of. */
  readonly perRequest: number;
  readonly threads: Threads;
  /** `JudgeSettings` as JSON. */
  readonly settings: string;
  readonly items: ItemIndex;
  readonly judge: Judge;
  readonly policy: VerdictPolicy;
  readonly answers: FirstAnswers;
  readonly images: ImageFiles;
}

type RawAnomalies = Pick<Anomalies, 'duplicateAnswers' | 'unknownAnswers' | 'unreadableLines' | 'inDoubtCalls'>;

export class RawLines {
  readonly #target: RawLineTarget;
  readonly #lines: LineJudge;
  readonly #pending = new PendingCalls();
  #splitter = newSplitter();
  #duplicates = 0;
  #unknown = 0;
  #unreadable = 0;
  /** Number of the output that is being read, and of the last output that named each item. */
  #file = 0;
  #known = 0;
  #unrun = 0;
  #unreadableBefore = 0;
  /** Lines of this output that are not valid JSON. */
  #torn = 0;
  #readTo = 0;
  readonly #lastFile: Uint16Array;

  constructor(target: RawLineTarget) {
    this.#target = target;
    this.#lastFile = new Uint16Array(target.planned.items);
    this.#lines = new LineJudge(target.threads, target.settings, {
      chunk: (judged) => target.answers.beginChunk(judged),
      note: (note) => this.#takeNote(note),
      line: (judged, index) => this.#take(judged, index),
      endChunk: () => target.images.write(),
    });
  }

  /** Reads one output after the other: each has its own counts of the items it names. `isWhole` if all its bytes are known to be there. */
  async read(store: Store, uri: string, isWhole: boolean): Promise<LineCounts> {
    this.begin();
    const signal = cancellationSignal();
    for await (const chunk of store.read(uri, { signal })) {
      signal.throwIfAborted();
      await this.push(chunk);
    }
    return this.end(isWhole);
  }

  /** Reads the lines of a journal between two bytes. Returns the end of the last whole line. */
  async readJournal(store: Store, uri: string, start = 0, end = Number.POSITIVE_INFINITY): Promise<number> {
    this.begin(start);
    const signal = cancellationSignal();
    let at = start;
    for await (const chunk of store.read(uri, { signal, start })) {
      signal.throwIfAborted();
      await this.push(chunk.subarray(0, end - at));
      at += chunk.length;
      if (at >= end) break;
    }
    await this.end(true);
    return this.#readTo;
  }

  begin(firstByte = 0): void {
    this.#readTo = firstByte;
    this.#file += 1;
    this.#known = 0;
    this.#unrun = 0;
    this.#unreadableBefore = this.#unreadable;
    this.#torn = 0;
    this.#splitter = newSplitter(firstByte);
  }

  /** Resolves when there is room for the next chunk. Nothing of this chunk is used later. */
  async push(chunk: Uint8Array): Promise<void> {
    for (const line of this.#splitter.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length))) this.#add(line);
    await this.#lines.waitForRoom();
  }

  async end(isWhole: boolean): Promise<LineCounts> {
    // A journal that grows line by line may end in a torn one.
    const last = this.#target.planned.lane === 'realtime' ? null : this.#splitter.end();
    if (last !== null) this.#add(last);
    await this.#lines.finish();
    // An output may consist of several files, so a line in the middle may be cut off too.
    const cut = isWhole ? 0 : this.#torn;
    return { known: this.#known, unrun: this.#unrun, withoutId: this.#unreadable - this.#unreadableBefore - cut };
  }

  get anomalies(): RawAnomalies {
    return {
      duplicateAnswers: this.#duplicates,
      unknownAnswers: this.#unknown,
      unreadableLines: this.#unreadable,
      inDoubtCalls: this.#pending.inDoubt,
    };
  }

  #add({ bytes, length, end }: Line): void {
    this.#readTo = end;
    if (bytes === null) {
      this.#unreadable += 1;
    } else if (length > 0) {
      const note = this.#target.planned.lane === 'realtime' ? parseNote(bytes) : null;
      if (note === null) {
        this.#lines.add(bytes);
      } else {
        this.#lines.addNote(note);
      }
    }
  }

  #take(judged: JudgedLines, index: number): void {
    const { planned, items, answers, images } = this.#target;
    const kind = judged.kinds[index] ?? 0;
    if (kind === lineKinds.unreadable || kind === lineKinds.torn) {
      this.#unreadable += 1;
      if (kind === lineKinds.torn) this.#torn += 1;
      return;
    }
    const idAt = index * idWords;
    if (planned.lane === 'realtime') this.#pending.answer(writeId(judged.ids, idAt));
    const found = kind === lineKinds.foreign ? undefined : items.find(judged.ids, idAt);
    const part = found === undefined ? null : this.#findPart(found, judged, index);
    if (part === null) {
      this.#unknown += 1;
      return;
    }
    const { place, isFirst } = part;
    if (place === null) return;
    // A line counts once, however many items it is of.
    if (isFirst) this.#countKnown(place, judged.unrun[index] === 1);
    // In the realtime lane a second line for an item is a second call, not a mistake of the provider.
    if (planned.lane === 'batch' && isFirst && answers.has(place)) this.#duplicates += 1;
    const isExhausted = this.#isExhausted(place, judged.reasons[index] ?? 0);
    if (answers.keepLine(place, judged, index, isExhausted)) images.keep(judged, index);
  }

  /** The item that a part of a line is of: no place if it is of none, null if the line names no request of the batch. */
  #findPart(
    first: number,
    { parts }: JudgedLines,
    index: number,
  ): { readonly place: number | null; readonly isFirst: boolean } | null {
    if (parts === undefined) return { place: first, isFirst: true };
    const { planned, perRequest } = this.#target;
    if (first % perRequest !== 0) return null;
    const joined = countJoined(first, planned.items, perRequest);
    const [at = 0, of = 0] = [parts.at[index], parts.of[index]];
    if (of === 0 || of === joined) return { place: at < joined ? first + at : null, isFirst: at === 0 };
    // Nobody knows which part is whose.
    if (at === 0) this.#keepUnreadable(first, joined);
    return { place: null, isFirst: false };
  }

  #keepUnreadable(first: number, joined: number): void {
    const { items, judge, answers } = this.#target;
    this.#countKnown(first, false);
    for (let place = first; place < first + joined; place++) {
      const outcome = judge.judgeFailure('unreadable', items.countFlawedAttempts(place));
      answers.keepOutcome(place, { ...outcome, costUsd: null });
    }
  }

  /** Threads judge each line as that of a first attempt. An item whose earlier answer was unusable may have no attempt left. */
  #isExhausted(place: number, reason: number): boolean {
    const name = itemReasons[reason - 1];
    if (name === undefined || this.#target.items.countFlawedAttempts(place) === 0) return false;
    return this.#target.policy[name] === 'once';
  }

  #countKnown(place: number, isUnrun: boolean): void {
    if (this.#lastFile[place] === this.#file) return;
    this.#lastFile[place] = this.#file;
    this.#known += 1;
    if (isUnrun) this.#unrun += 1;
  }

  /** A note that the realtime lane wrote itself. */
  #takeNote(note: JournalNote): void {
    if (note.kind === 'began' || note.kind === 'slowed') return;
    if (note.kind === 'sent') {
      this.#pending.addSent(note.customId);
      return;
    }
    const mayBeBilled = this.#pending.settle(note.customId);
    if (note.kind === 'gaveUp') this.#keepFailure(note.customId, reasonOfFault[note.fault], mayBeBilled);
    if (note.kind === 'overBudget') this.#keepFailure(note.customId, 'budget', mayBeBilled);
  }

  /** Calls that nothing came of, when all outputs are read: the batch ended before they were made again. */
  keepUnknown(reason: ItemReason): void {
    for (const customId of this.#pending.unknown) this.#keepFailure(customId, reason, true);
  }

  #keepFailure(customId: string, reason: ItemReason, mayBeBilled: boolean): void {
    const { items, judge, answers } = this.#target;
    const place = items.findId(customId);
    if (place === undefined) return;
    const outcome = judge.judgeFailure(reason, items.countFlawedAttempts(place));
    answers.keepOutcome(place, mayBeBilled ? { ...outcome, costUsd: null } : outcome);
  }
}

const newSplitter = (firstByte = 0): Splitter => new Splitter({ lineBytesMax: cursorLineBytesMax, firstByte });
