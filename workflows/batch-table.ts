// The coordination table: a row for each batch that its coordinator has started or found settled, and what is counted over them.

import type { PlannedBatch } from '../domain/job.ts';
import { pageMax } from '../domain/limits.ts';
import type { BatchEntry, BatchNews, BatchState, BatchStateCounts } from '../domain/progress/events.ts';
import type { BatchesRequest, BatchPage } from './messages.ts';

type BatchKey = Pick<BatchEntry, 'wave' | 'batch'>;
type Planned = Pick<PlannedBatch, 'batch' | 'lane' | 'model' | 'items'>;

export class BatchTable {
  readonly #entries = new Map<string, BatchEntry>();
  /** Batches that were not started yet. They have no part in the counts. */
  readonly #planned = new Map<string, BatchEntry>();

  plan(wave: number, batches: readonly Planned[]): void {
    for (const planned of batches) {
      const entry: BatchEntry = { ...newEntry(wave, planned), stage: 'not_started' };
      this.#planned.set(nameRow(entry), entry);
    }
  }

  /** Replaces the row of an earlier run of the batch. */
  add(wave: number, planned: Planned): BatchEntry {
    const entry = newEntry(wave, planned);
    this.#planned.delete(nameRow(entry));
    this.#entries.set(nameRow(entry), entry);
    return entry;
  }

  find(key: BatchKey): BatchEntry | undefined {
    return this.#entries.get(nameRow(key));
  }

  all(): Iterable<BatchEntry> {
    return this.#entries.values();
  }

  /** Items in open batches that the provider has finished. */
  countDoneInOpen(): number {
    let done = 0;
    for (const entry of this.all()) if (entry.stage !== 'done') done += entry.done;
    return done;
  }

  /** Items of open batches, except those of which it is certain that nothing was sent. */
  countItemsUnderWay(): number {
    let items = 0;
    for (const { stage, unsent, items: own } of this.all()) if (stage !== 'done' && !unsent) items += own;
    return items;
  }

  countStates(): BatchStateCounts {
    const counts: Partial<Record<BatchState, number>> = {};
    for (const { stage } of this.all()) counts[stage] = (counts[stage] ?? 0) + 1;
    return counts;
  }

  /** When the provider created each batch that it is polled for. */
  *listCreationTimes(): Generator<number> {
    for (const { stage, createdAt } of this.all()) {
      if (stage !== 'collecting' && stage !== 'done' && createdAt !== null) yield createdAt;
    }
  }

  readPage({ offset = 0, limit = 100, stage }: BatchesRequest): Omit<BatchPage, 'segments'> {
    const rows = [...this.all(), ...this.#planned.values()].filter(
      (entry) => stage === undefined || entry.stage === stage || (stage === 'waiting' && entry.stage === 'not_started'),
    );
    const size = Math.min(Math.max(1, limit), pageMax);
    return { total: rows.length, offset, batches: rows.slice(offset, offset + size) };
  }
}

/** Takes what is new into the row of an open batch. Returns whether the batch has moved on. */
export function applyToEntry(entry: BatchEntry, news: BatchNews): boolean {
  const isWaiting = entry.stage === 'waiting' || news.stage === 'waiting';
  // A batch that tries in vain whether there is room has not moved on.
  const hasMoved = (entry.stage !== news.stage && !isWaiting) || news.done > entry.done;
  if (entry.stage !== news.stage) entry.since = Date.now();
  Object.assign(entry, {
    stage: news.stage,
    batchId: news.batchId ?? entry.batchId,
    // A batch that was refused because there was no room has ended at the provider.
    createdAt: news.cramped === undefined ? (news.createdAt ?? entry.createdAt) : null,
    trouble: news.trouble ?? null,
    unsent: news.unsent ?? false,
    unreachableSince: news.unreachableSince ?? null,
    missingSince: news.missingSince ?? null,
    createsLost: news.createsLost ?? false,
    // Signals may arrive out of order, so counts never fall.
    done: Math.max(entry.done, news.done),
    failed: Math.max(entry.failed, news.failed),
  } satisfies Partial<BatchEntry>);
  return hasMoved;
}

const nameRow = ({ wave, batch }: BatchKey): string => `${wave}/${batch}`;

const newEntry = (wave: number, { batch, lane, model, items }: Planned): BatchEntry => ({
  wave,
  batch,
  lane,
  model,
  items,
  stage: 'staging',
  since: Date.now(),
  createdAt: null,
  batchId: null,
  done: 0,
  failed: 0,
  trouble: null,
  unsent: false,
  unreachableSince: null,
  missingSince: null,
  createsLost: false,
});
