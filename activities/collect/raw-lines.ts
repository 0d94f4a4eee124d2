// Reads a batch's raw output line by line, and keeps what each line says of its item.

import type { LineCounts } from '../../domain/batch/evidence.ts';
import type { PlannedBatch } from '../../domain/job.ts';
import { reasonOfFault } from '../../domain/outcome/classify.ts';
import type { Anomalies, ItemReason } from '../../domain/outcome/outcome.ts';
import { type JournalNote, parseNote } from '../../job-folder/journals.ts';
import type { Provider } from '../../providers/provider.ts';
import { cursorLineBytesMax, lineChunks } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';
import { beatOnLine } from '../heartbeat.ts';
import type { FirstAnswers } from './first-answers.ts';
import type { ItemIndex } from './item-index.ts';
import type { Judge } from './judge.ts';
import { PendingCalls } from './pending-calls.ts';

/** The batch that the lines belong to, and what to do with each line. */
export interface RawLineTarget {
  readonly planned: Pick<PlannedBatch, 'lane' | 'endpoint' | 'items'>;
  readonly provider: Pick<Provider, 'decode'>;
  readonly items: ItemIndex;
  readonly judge: Judge;
  readonly answers: FirstAnswers;
}

type RawAnomalies = Pick<Anomalies, 'duplicateAnswers' | 'unknownAnswers' | 'unreadableLines' | 'inDoubtCalls'>;

export class RawLines {
  readonly #target: RawLineTarget;
  readonly #pending = new PendingCalls();
  #duplicates = 0;
  #unknown = 0;
  #unreadable = 0;
  /** Number of the output that is being read, and of the last output that named each item. */
  #file = 0;
  #known = 0;
  #unrun = 0;
  readonly #lastFile: Uint16Array;

  constructor(target: RawLineTarget) {
    this.#target = target;
    this.#lastFile = new Uint16Array(target.planned.items);
  }

  /** Reads one output after the other: each has its own counts of the items it names. `isWhole` if all its bytes are known to be there. */
  async read(store: Store, uri: string, isWhole: boolean): Promise<LineCounts> {
    let seen = 0;
    this.#file += 1;
    this.#known = 0;
    this.#unrun = 0;
    let cut = 0;
    const unreadableBefore = this.#unreadable;
    const options = { lineBytesMax: cursorLineBytesMax, endedOnly: this.#target.planned.lane === 'realtime' };
    for await (const lines of lineChunks(store.read(uri), options)) {
      for (const line of lines) {
        const isRead = line.bytes === null ? this.#refuse() : line.length === 0 || this.#take(line.bytes);
        if (!isRead && !line.isEnded && !isWhole) cut = 1;
        seen += 1;
        beatOnLine(seen);
      }
    }
    return { known: this.#known, unrun: this.#unrun, withoutId: this.#unreadable - unreadableBefore - cut };
  }

  get anomalies(): RawAnomalies {
    return {
      duplicateAnswers: this.#duplicates,
      unknownAnswers: this.#unknown,
      unreadableLines: this.#unreadable,
      inDoubtCalls: this.#pending.inDoubt,
    };
  }

  #refuse(): false {
    this.#unreadable += 1;
    return false;
  }

  /** False if the line names no item at all. */
  #take(bytes: Buffer): boolean {
    const { planned, provider, items, judge, answers } = this.#target;
    const note = planned.lane === 'realtime' ? parseNote(bytes) : null;
    if (note !== null) {
      this.#takeNote(note);
      return true;
    }
    const line = provider.decode(bytes, planned.endpoint);
    if (line.kind === 'unreadable') return this.#refuse();
    if (planned.lane === 'realtime') this.#pending.answer(line.customId);
    const place = items.find(line.customId);
    if (place === undefined) {
      this.#unknown += 1;
      return true;
    }
    this.#countKnown(place, line.kind === 'unrun');
    // In the realtime lane a second line for an item is a second call, not a mistake of the provider.
    if (planned.lane === 'batch' && answers.has(place)) this.#duplicates += 1;
    answers.keep(place, judge.judgeLine(line, items.countFlawedAttempts(place)));
    return true;
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
    const place = items.find(customId);
    if (place === undefined) return;
    const outcome = judge.judgeFailure(reason, items.countFlawedAttempts(place));
    answers.keep(place, mayBeBilled ? { ...outcome, costUsd: null } : outcome);
  }
}
