// One pass over a dataset: each row becomes an item, a duplicate, a carried-over answer or a refusal, and is counted as one of them.

import type { ItemKey } from '../../domain/ids.ts';
import type { JobFile, PlanSummary, RowCounts } from '../../domain/job.ts';
import type { RefusalReason } from '../../domain/outcome/outcome.ts';
import { InvariantBroken, JobRefused } from '../../domain/refusal.ts';
import { itemsFile } from '../../job-folder/paths.ts';
import {
  createPlanParts,
  eachCarried,
  eachIdLine,
  type Part,
  type RejectSummary,
  readParts,
} from '../../job-folder/plan-parts.ts';
import type { Provider } from '../../providers/provider.ts';
import type { DatasetPosition, DatasetRow } from '../../storage/formats/jsonl.ts';
import type { Store } from '../../storage/store.ts';
import type { PlannedItem } from './item-encoder.ts';
import { createKeyHasher } from './key-hasher.ts';
import { type EarlierAnswers, readEarlierAnswers } from './reuse.ts';
import { isRefusal, type ReadItem, type RowRefusal, rowReader } from './rows.ts';
import { createSeenIds, type SeenIds } from './seen-ids.ts';
import { type Added, createWavePlanner } from './wave-planner.ts';

export interface PassOptions {
  readonly store: Store;
  readonly provider: Provider;
  readonly job: JobFile;
  readonly output: string;
  readonly signal: AbortSignal;
  /** Rows at least between two points that a successor can go on from. */
  readonly partRows: number;
}

export interface Pass {
  /** The last row that was dealt with. */
  readonly position: DatasetPosition;
  readonly batches: number;
  /** Renders rows and makes their keys; may be asked for rows further on while earlier ones are being taken. */
  read(rows: readonly DatasetRow[]): Promise<readonly Read[]>;
  /** In the dataset's order. A promise only where something is waited for: await it before the next. */
  take(read: Read): undefined | Promise<void>;
  finish(): Promise<PlanSummary>;
  abort(): Promise<void>;
}

/** A row that was looked at: an item, or why it is none. */
export interface Read {
  readonly at: DatasetRow;
  readonly item: PlannedItem | RowRefusal;
}

/** A second or two of work, at most, for a successor to do again. */
export const rowsPerPart = 50_000;
/** Refusals that a person is shown at once; the file has them all. */
const shownRejectsMax = 5;

/** Goes on where an earlier planner of the same job left off, if one did. */
export async function openPass(options: PassOptions): Promise<Pass> {
  const { store, job, output, signal } = options;
  const parts = await readParts(store, output, job.claim.nonce, job.fingerprint);
  const seen = createSeenIds(job.claim.nonce);
  await rememberAll(store, output, parts, seen);
  const earlier = job.spec.reuse === null ? null : await readEarlierAnswers(store, job.spec.reuse, signal);
  return createPass(options, parts, seen, earlier);
}

/** Only accepted and carried rows are remembered: what was refused left nothing that another row could share. */
async function rememberAll(store: Store, output: string, parts: readonly Part[], seen: SeenIds): Promise<void> {
  for (const { batch } of parts.flatMap(({ entries }) => entries)) {
    await eachIdLine(store, itemsFile({ output, wave: 1, batch }), ({ id, row, key }) => seen.note(id, row, key));
  }
  await eachCarried(store, output, parts, ({ id, row, key }) => seen.note(id, row, key));
}

function createPass(options: PassOptions, parts: readonly Part[], seen: SeenIds, earlier: EarlierAnswers | null): Pass {
  const { store, job, output, signal } = options;
  const last = parts.at(-1);
  const planner = createWavePlanner({ ...options, wave: 1, closed: parts.flatMap(({ entries }) => entries) });
  const sides = createPlanParts(store, output, parts, signal);
  const readRow = rowReader(job, options.provider);
  const hasher = createKeyHasher();
  const counts = { ...(last?.counts ?? { rows: 0, accepted: 0, refused: 0, duplicates: 0, carriedOver: 0 }) };
  const reasons = { ...last?.rejects.reasons };
  const first = [...(last?.rejects.first ?? [])];
  let position = last?.position ?? { byte: 0, line: 0, row: 0 };
  let partRow = position.row;
  let partBatches = planner.closed.length;

  const refuse = (line: number, reason: RefusalReason, words: string): undefined | Promise<void> => {
    const message = words.startsWith(`line ${line}: `) ? words : `line ${line}: ${words}`;
    counts.refused += 1;
    reasons[reason] = (reasons[reason] ?? 0) + 1;
    if (first.length < shownRejectsMax) first.push(`${reason}: ${message}`);
    return sides.write('rejects', JSON.stringify({ line, reason, message }));
  };

  const read = async (rows: readonly DatasetRow[]): Promise<Read[]> => {
    const batch = hasher.batch();
    const items = rows.map((row) => (row.kind === 'row' ? readRow(row, batch.add) : row));
    const keys = await batch.keys();
    let hashed = 0;
    return rows.map((at, index) => {
      const item = items[index];
      if (item === undefined) throw new InvariantBroken(`row ${at.row} was lost while it was read`);
      return { at, item: isRefusal(item) ? item : withKey(item, keys[hashed++]) };
    });
  };

  const takeItem = (row: DatasetRow, item: PlannedItem): undefined | Promise<void> => {
    const same = seen.first(item.id, item.key);
    if (same !== null) return same.sameRequest ? share(item, same.row) : refuseDuplicateId(row.line, same.row);
    if (earlier?.has(item.key)) return carryOver(earlier, item);
    const added = planner.add(item);
    return added instanceof Promise ? added.then((what) => settle(what, row, item)) : settle(added, row, item);
  };

  const settle = (added: Added, { line }: DatasetRow, item: PlannedItem): undefined | Promise<void> => {
    if (added === 'too_large') return refuse(line, 'request_too_large', 'the request is larger than a batch may be');
    if (added === 'too_many_models') return refuse(line, 'too_many_models', 'the dataset names too many models');
    if (added === 'over_budget') throw new InvariantBroken(`row ${item.row} met a budget where none was set`);
    counts.accepted += 1;
    seen.note(item.id, item.row, item.key);
    return undefined;
  };

  const share = ({ row, id }: PlannedItem, sameAs: number): undefined | Promise<void> => {
    counts.duplicates += 1;
    return sides.write('duplicates', JSON.stringify({ row, id, sameAs }));
  };

  const refuseDuplicateId = (line: number, twin: number): undefined | Promise<void> =>
    refuse(line, 'duplicate_id', `row ${twin} has the same id and asks something else`);

  const carryOver = async (answers: EarlierAnswers, item: PlannedItem): Promise<void> => {
    await sides.write('carried', JSON.stringify(await answers.answerFor(item)));
    counts.carriedOver += 1;
    seen.note(item.id, item.row, item.key);
  };

  const endPart = async (): Promise<void> => {
    await planner.settled();
    const entries = planner.closed.slice(partBatches);
    const { claim, fingerprint } = job;
    await sides.closePart({ nonce: claim.nonce, fingerprint, position, counts, rejects: { reasons, first }, entries });
    partRow = position.row;
    partBatches = planner.closed.length;
  };

  /** A part ends only where no batch is open, and by counting: a successor ends its parts at the same rows. */
  const isPartDue = (): boolean => planner.open === 0 && position.row - partRow >= options.partRows;

  const moveTo = ({ end, line, row }: DatasetRow): undefined | Promise<void> => {
    position = { byte: end, line, row };
    return isPartDue() ? endPart() : undefined;
  };

  return {
    get position() {
      return position;
    },
    get batches() {
      return planner.closed.length;
    },
    read,
    take({ at, item }) {
      counts.rows += 1;
      const waits = 'reason' in item ? refuse(at.line, item.reason, item.message) : takeItem(at, item);
      return waits === undefined ? moveTo(at) : waits.then(() => moveTo(at));
    },
    async finish() {
      await planner.closeAll();
      await sides.join('rejects');
      checkRows(job, counts, { reasons, first });
      await sides.join('duplicates');
      if (counts.carriedOver > 0) await sides.join('carried');
      const summary = await planner.finish(counts);
      if (summary.items !== counts.accepted) {
        throw new InvariantBroken(`${counts.accepted} rows were accepted, but ${summary.items} items planned`);
      }
      await sides.remove();
      await Promise.all([earlier?.close(), hasher.close()]);
      return summary;
    },
    async abort() {
      await Promise.allSettled([planner.abort(), sides.abort(), earlier?.close(), hasher.close()]);
    },
  };
}

function withKey({ row, id, model, endpoint, request, outputTokens }: ReadItem, key: ItemKey | undefined): PlannedItem {
  if (key === undefined) throw new InvariantBroken(`row ${row} has no key`);
  return { row, id, key, model, endpoint, request, outputTokens };
}

function checkRows({ spec }: JobFile, counts: RowCounts, { reasons, first }: RejectSummary): void {
  const { rows, accepted, refused, duplicates, carriedOver } = counts;
  if (rows !== accepted + refused + duplicates + carriedOver) {
    throw new InvariantBroken(
      `${rows} rows are not ${accepted} accepted, ${refused} refused, ${duplicates} duplicates and ${carriedOver} carried over`,
    );
  }
  const where = 'dataset';
  if (rows === 0) throw new JobRefused('dataset_empty', [{ where, message: `${spec.dataset.uri} has no rows` }]);
  if (refused < rows && refused <= rows * spec.maxRejectRate) return;
  const why = Object.entries(reasons).map(([reason, count]) => `${count} ${reason}`);
  const message = `${refused} of ${rows} rows are refused, more than maxRejectRate ${spec.maxRejectRate} allows: ${why.join(', ')}`;
  throw new JobRefused('too_many_rejects', [{ where, message }, ...first.map((each) => ({ where, message: each }))]);
}
