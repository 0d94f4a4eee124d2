// One pass over a dataset: each row becomes an item, a duplicate, a carried-over row or a refusal, and is counted as one of them.

import type { JobFile, PlanSummary } from '../../domain/job.ts';
import { isPending, type MaybePromise } from '../../domain/maybe-promise.ts';
import type { RefusalReason, RowRefusal } from '../../domain/outcome/outcome.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { itemsFile } from '../../job-folder/paths.ts';
import {
  createPlanParts,
  eachCarried,
  eachIdLine,
  type Part,
  type PlanParts,
  readParts,
} from '../../job-folder/plan/plan-parts.ts';
import type { Provider } from '../../providers/provider.ts';
import type { DatasetPosition } from '../../storage/formats/rows.ts';
import type { Store } from '../../storage/store.ts';
import { ChunkRow, type RenderedChunk } from './chunks/chunk-row.ts';
import { createSeenIds, type SeenIds } from './keys/seen-ids.ts';
import { PartBoundary } from './part-boundary.ts';
import { type EarlierResults, readEarlierResults } from './reuse.ts';
import { RowTally } from './row-tally.ts';
import { StepPlanner } from './step-planner.ts';
import { TokenSample } from './token-sample.ts';
import type { Added } from './wave-planner.ts';

export interface PassOptions {
  readonly store: Store;
  readonly provider: Provider;
  readonly job: JobFile;
  readonly output: string;
  readonly signal: AbortSignal;
  /** The least number of rows in a part: a successor resumes after the last whole part. */
  readonly partRows: number;
}

/** A successor repeats at most a second or two of work. */
export const rowsPerPart = 50_000;

/** Resumes where an earlier planner of the same job stopped, if there was one. */
export async function openPass(options: PassOptions): Promise<Pass> {
  const { store, job, output, signal } = options;
  const parts = await readParts(store, output, job.planNonce, job.fingerprint);
  const seen = createSeenIds(job.planNonce);
  await rememberAll(store, output, parts, seen);
  const earlier = job.spec.reuse === null ? null : await readEarlierResults(store, job.spec.reuse, signal);
  return new Pass(options, parts, seen, earlier);
}

/** Only accepted and carried rows are remembered: a refused row has nothing that another row could share. */
async function rememberAll(store: Store, output: string, parts: readonly Part[], seen: SeenIds): Promise<void> {
  for (const { batch } of parts.flatMap(({ entries }) => entries)) {
    const uri = itemsFile({ output, wave: 1, batch });
    await eachIdLine(store, uri, ({ id, row, key }) => seen.note(seen.hash(id, key), row));
  }
  await eachCarried(store, output, parts, ({ id, row, key }) => seen.note(seen.hash(id, key), row));
}

export class Pass {
  readonly #job: JobFile;
  readonly #seen: SeenIds;
  readonly #earlier: EarlierResults | null;
  readonly #planner: StepPlanner;
  readonly #parts: PlanParts;
  readonly #tally: RowTally;
  readonly #sample: TokenSample;
  readonly #boundary: PartBoundary;

  constructor(options: PassOptions, parts: readonly Part[], seen: SeenIds, earlier: EarlierResults | null) {
    const { store, provider, job, output, signal, partRows } = options;
    const last = parts.at(-1);
    const closed = parts.flatMap(({ entries }) => entries);
    this.#job = job;
    this.#seen = seen;
    this.#earlier = earlier;
    this.#planner = new StepPlanner({ store, provider, job, output, signal, closed, resumes: last !== undefined });
    this.#parts = createPlanParts(store, output, parts, signal);
    this.#tally = new RowTally(last);
    this.#sample = new TokenSample(last);
    this.#boundary = new PartBoundary(partRows, last?.position ?? { byte: 0, line: 0, row: 0 }, closed.length);
  }

  /** The last row that was processed. */
  get position(): DatasetPosition {
    return this.#boundary.position;
  }

  /** The number of closed batches. */
  get batches(): number {
    return this.#planner.batches;
  }

  /** Takes chunks in the dataset's order. */
  async take(chunk: RenderedChunk): Promise<void> {
    const row = new ChunkRow(chunk);
    while (row.moveOn()) {
      const taken = this.#takeRow(row);
      if (isPending(taken)) await taken;
    }
  }

  /** Refuses the job, or writes the plan. */
  async finish(): Promise<PlanSummary> {
    await this.#planner.closeAll();
    await this.#parts.join('rejects');
    this.#tally.check(this.#job.spec);
    const { counts } = this.#tally;
    await this.#parts.join('duplicates');
    if (counts.carriedOver > 0) await this.#parts.join('carried');
    const summary = await this.#planner.finish(counts, this.#sample);
    const { items } = summary.whole ?? summary;
    if (items !== counts.accepted) {
      throw new InvariantBroken(`${counts.accepted} rows were accepted, but ${items} items planned`);
    }
    await this.#parts.remove();
    await this.#earlier?.close();
    return summary;
  }

  /** Leaves whole parts and closed batches for a successor. */
  async abort(): Promise<void> {
    await Promise.allSettled([this.#planner.abort(), this.#parts.abort(), this.#earlier?.close()]);
  }

  /** Returns a promise only if something must be waited for: await it before the next call. */
  #takeRow(row: ChunkRow): MaybePromise<void> {
    this.#tally.addRow();
    const { refusal } = row;
    const taken = refusal === null ? this.#takeItem(row) : this.#refuse(row, refusal);
    return isPending(taken) ? taken.then(() => this.#moveTo(row)) : this.#moveTo(row);
  }

  #takeItem(row: ChunkRow): MaybePromise<void> {
    const same = this.#seen.first(row);
    if (same !== null) return same.sameRequest ? this.#share(row, same.row) : this.#refuseDuplicateId(row, same.row);
    if (this.#earlier?.has(row.key)) return this.#carryOver(this.#earlier, row);
    const added = this.#planner.add(row);
    return isPending(added) ? added.then((what) => this.#settle(what, row)) : this.#settle(added, row);
  }

  #settle(added: Added, row: ChunkRow): MaybePromise<void> {
    if (added === 'too_large') {
      return this.#refuseItem(row, 'request_too_large', 'the request is larger than a batch may be');
    }
    if (added === 'too_many_models') {
      return this.#refuseItem(row, 'too_many_models', 'the dataset names too many models');
    }
    this.#tally.add('accepted');
    this.#sample.add(row);
    this.#seen.note(row, row.row);
  }

  #refuse(row: ChunkRow, refusal: RowRefusal): MaybePromise<void> {
    return this.#parts.write('rejects', this.#tally.addRefused({ file: row.fileName, line: row.line }, refusal));
  }

  #refuseItem(row: ChunkRow, reason: RefusalReason, message: string): MaybePromise<void> {
    return this.#refuse(row, { reason, message, id: row.id });
  }

  #refuseDuplicateId(row: ChunkRow, earlierRow: number): MaybePromise<void> {
    return this.#refuseItem(row, 'duplicate_id', `row ${earlierRow} has the same id and asks something else`);
  }

  #share({ row, id }: ChunkRow, sameAs: number): MaybePromise<void> {
    this.#tally.add('duplicates');
    return this.#parts.write('duplicates', JSON.stringify({ row, id, sameAs }));
  }

  async #carryOver(earlier: EarlierResults, row: ChunkRow): Promise<void> {
    const line = await earlier.carryOver(row);
    await this.#parts.write('carried', JSON.stringify(line));
    this.#tally.addCarriedOver(line.reason === 'in_doubt');
    this.#seen.note(row, row.row);
  }

  #moveTo(row: ChunkRow): MaybePromise<void> {
    this.#boundary.moveTo(row);
    // The rows of an open batch are not safe yet, so no part may end after them.
    if (this.#planner.isResumable && this.#boundary.isDue) return this.#endPart();
  }

  async #endPart(): Promise<void> {
    await this.#planner.settle();
    const { planNonce: nonce, fingerprint } = this.#job;
    const { counts, rejects } = this.#tally;
    const entries = this.#boundary.endPart(this.#planner.closed);
    const { position } = this;
    await this.#parts.closePart({ nonce, fingerprint, position, counts, rejects, ...this.#sample.sums, entries });
  }
}
