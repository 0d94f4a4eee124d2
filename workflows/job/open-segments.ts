// The open segments of a wave: how many places each takes, and the sums of what they report. Bookkeeping only.

import { addLate, noneLate } from '../../domain/progress/alerts.ts';
import { addBatchStates, type BatchStateCounts } from '../../domain/progress/events.ts';
import { addTotals, noTotals, type Totals } from '../../domain/waves/totals.ts';
import type { InSegments } from '../coordinator.ts';
import type { SegmentNews } from '../messages.ts';

type Report = Omit<SegmentNews, 'segment' | 'movedAt' | 'refusals' | 'lastFault' | 'trouble'>;

interface OpenSegment {
  /** How many batches it may run at the same time. */
  limit: number;
  /** Its last news. */
  report: Report;
}

const emptyReport: Report = {
  running: 0,
  draining: false,
  totals: noTotals,
  stages: {},
  late: noneLate,
  earlierChild: null,
  capacity: [],
};

export class OpenSegments {
  readonly #open = new Map<string, OpenSegment>();
  #endedTotals: Totals;

  /** With the sums of the segments that had ended before. */
  constructor(endedTotals: Totals) {
    this.#endedTotals = endedTotals;
  }

  get size(): number {
    return this.#open.size;
  }

  has(workflowId: string): boolean {
    return this.#open.has(workflowId);
  }

  getLimit(workflowId: string): number {
    return this.#open.get(workflowId)?.limit ?? 1;
  }

  /** The new segment may use all places that are free. */
  add(workflowId: string, concurrency: number): void {
    this.#open.set(workflowId, { limit: this.countFreePlaces(concurrency), report: emptyReport });
  }

  update(workflowId: string, report: Report): void {
    const segment = this.#open.get(workflowId);
    if (segment !== undefined) segment.report = report;
  }

  /** Batches that need no segment any more. */
  addSettled(totals: Totals): void {
    this.#endedTotals = addTotals(this.#endedTotals, totals);
  }

  /** The totals are null if the segment never came to a result. */
  remove(workflowId: string, totals: Totals | null): void {
    this.#open.delete(workflowId);
    if (totals !== null) this.addSettled(totals);
  }

  /** Places for a further segment. There are none while a segment still has batches to start: it uses all that is left. */
  countFreePlaces(concurrency: number): number {
    const isStarting = [...this.#open.values()].some(({ report }) => !report.draining);
    return isStarting ? 0 : concurrency - this.#countDraining();
  }

  /** Gives the places that draining segments do not use to the others. Returns the segments whose limit has changed. */
  updateLimits(concurrency: number): readonly string[] {
    const limit = Math.max(1, concurrency - this.#countDraining());
    const changed = [...this.#open].filter(([, segment]) => !segment.report.draining && segment.limit !== limit);
    for (const [, segment] of changed) segment.limit = limit;
    return changed.map(([workflowId]) => workflowId);
  }

  sumTotals(): Totals {
    return this.#listReports().reduce((sum, { totals }) => addTotals(sum, totals), this.#endedTotals);
  }

  sumCounts(): InSegments {
    const reports = this.#listReports();
    const ended: BatchStateCounts = { done: this.#endedTotals.batches };
    return {
      stages: reports.reduce((sum, { stages }) => addBatchStates(sum, stages), ended),
      late: reports.reduce((sum, { late }) => addLate(sum, late), noneLate),
      earlierChild: reports.find(({ earlierChild }) => earlierChild !== null)?.earlierChild ?? null,
      capacity: reports.flatMap(({ capacity = [] }) => capacity),
      itemsUnderWay: reports.reduce((sum, { itemsUnderWay = 0 }) => sum + itemsUnderWay, 0),
    };
  }

  #countDraining(): number {
    return this.#listReports().reduce((sum, { draining, running }) => sum + (draining ? running : 0), 0);
  }

  #listReports(): Report[] {
    return [...this.#open.values()].map(({ report }) => report);
  }
}
