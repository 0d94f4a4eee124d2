// Takes items into a queue: checks each as planning would, and stores those that are right as one delivery. Only then does the caller hear that
// they are in.

import { createHash } from 'node:crypto';
import { cancellationSignal } from '@temporalio/activity';
import { describeUri, findFormats } from '../../domain/dataset.ts';
import type { Json, RowRefusal } from '../../domain/outcome/outcome.ts';
import { type Delivery, nameDelivery } from '../../domain/queue/delivery.ts';
import { flushBytesMax, flushItemsMax } from '../../domain/queue/state.ts';
import { JobRefused } from '../../domain/refusal.ts';
import { pathProblem } from '../../input/path.ts';
import { deliveryFile } from '../../queue-folder/paths.ts';
import { readDataset } from '../../storage/formats/dataset.ts';
import type { DatasetRow } from '../../storage/formats/rows.ts';
import { writeBytes, writeText } from '../../storage/lines/json-lines.ts';
import { type Store, StoreError, storeAdvice } from '../../storage/store.ts';
import { isRefusal, type ReadRow, rowReader } from '../../threads/tasks/row-reader.ts';
import { type ActivityDeps, requireKnownProvider } from '../deps.ts';
import { heartbeating } from '../heartbeat.ts';
import { type QueueRef, readFlushJob } from './queue-file.ts';

export interface TakeInput extends QueueRef {
  /** Given by hand, or in a file of the store. */
  readonly source: { readonly items: readonly Json[] } | { readonly uri: string };
  readonly isUrgent: boolean;
  readonly at: number;
  readonly mark: string;
  /** A file for all refusals, one a line, if there are more than the answer names. Absent: the others are only counted. */
  readonly refusals?: string;
}

export interface TakenItems {
  /** Null if no item was right. */
  readonly delivery: Delivery | null;
  readonly accepted: number;
  readonly refused: number;
  /** The first ones. */
  readonly refusals: readonly RefusedItem[];
}

export interface RefusedItem extends RowRefusal {
  /** The line of the file, or the number of the item, from 1. */
  readonly line: number;
}

const refusalsMax = 100;

export function takeItems(deps: ActivityDeps, input: TakeInput): Promise<TakenItems> {
  return heartbeating(deps.timing, async () => {
    requirePath(input.refusals);
    const spec = await readFlushJob(deps, input);
    const read = rowReader({ spec, prices: deps.prices.models }, requireKnownProvider(deps, spec));
    const intake = new Intake(read, input.refusals === undefined ? refusalsMax : flushItemsMax);
    for await (const rows of readItems(deps.store, input.source)) intake.take(rows);
    const { items, bytes } = intake;
    const counts = { accepted: items, refused: intake.refused, refusals: intake.refusals.slice(0, refusalsMax) };
    if (input.refusals !== undefined && intake.refused > refusalsMax) {
      await writeRefusals(deps.store, input.refusals, intake.refusals);
    }
    if (items === 0) return { delivery: null, ...counts };
    const { at, mark, isUrgent, output } = input;
    const delivery = { at, items, bytes, isUrgent };
    const lines = intake.lines();
    const name = nameDelivery(delivery, markContent(mark, lines));
    await writeOnce(deps.store, deliveryFile(output, name), lines);
    return { delivery: { name, ...delivery }, ...counts };
  });
}

function requirePath(refusals: string | undefined): void {
  const problem = refusals === undefined ? null : pathProblem(refusals);
  if (problem !== null) throw new JobRefused('invalid_job', [{ where: 'refusals', message: problem }]);
}

async function writeRefusals(store: Store, uri: string, refusals: readonly RefusedItem[]): Promise<void> {
  const lines = refusals.map((refusal) => `${JSON.stringify(refusal)}\n`).join('');
  await writeText(store, uri, lines, { signal: cancellationSignal() });
}

/** An earlier attempt may have found other items in the file: then they are another delivery. */
const markContent = (mark: string, lines: Buffer): string =>
  createHash('sha256').update(mark).update(lines).digest('hex').slice(0, mark.length);

/** An earlier attempt may have written it. */
async function writeOnce(store: Store, uri: string, lines: Buffer): Promise<void> {
  try {
    await writeBytes(store, uri, lines, { ifAbsent: true, signal: cancellationSignal() });
  } catch (error) {
    if (!(error instanceof StoreError) || error.problem !== 'exists') throw error;
  }
}

const newline = Buffer.from('\n');

class Intake {
  readonly #read: ReadRow;
  readonly #keptMax: number;
  readonly #lines: Buffer[] = [];
  readonly refusals: RefusedItem[] = [];
  items = 0;
  bytes = 0;
  refused = 0;

  constructor(read: ReadRow, keptMax: number) {
    this.#read = read;
    this.#keptMax = keptMax;
  }

  take(rows: readonly DatasetRow[]): void {
    for (const row of rows) this.#takeRow(row);
  }

  lines(): Buffer {
    return Buffer.concat(this.#lines);
  }

  #takeRow(row: DatasetRow): void {
    const refusal = this.#findRefusal(row);
    if (row.kind === 'row' && refusal === null) {
      // The row's bytes are valid only until the next chunk.
      this.#lines.push(Buffer.from(row.raw), newline);
      this.items += 1;
      this.bytes += row.raw.length + 1;
    } else if (refusal !== null) {
      this.refused += 1;
      const { reason, message } = refusal;
      if (this.refusals.length < this.#keptMax) this.refusals.push({ line: row.line, reason, message });
    }
    if (this.items > flushItemsMax || this.bytes > flushBytesMax) throw refuseSource(tooLarge);
  }

  #findRefusal(row: DatasetRow): RowRefusal | null {
    if (row.kind === 'reject') return row;
    const read = this.#read(row);
    return isRefusal(read) ? read : null;
  }
}

const tooLarge = `has more than ${flushItemsMax} items or ${flushBytesMax} bytes: split it, or run it as a job of its own`;

const refuseSource = (message: string): JobRefused => new JobRefused('invalid_job', [{ where: 'uri', message }]);

async function* readItems(store: Store, source: TakeInput['source']): AsyncGenerator<readonly DatasetRow[]> {
  if ('items' in source) {
    yield source.items.map(toRow);
    return;
  }
  const { uri } = source;
  const [format] = findFormats(uri);
  if (format === undefined) throw refuseSource(`${uri} must be JSON Lines, CSV or Parquet, and be named so`);
  try {
    yield* readDataset(store, { uri, format, limit: null }, { signal: cancellationSignal() });
  } catch (error) {
    if (!(error instanceof StoreError) || error.problem === 'unavailable') throw error;
    throw refuseSource(`${describeUri(uri)}: ${storeAdvice[error.problem]}`);
  }
}

function toRow(item: Json, index: number): DatasetRow {
  const row = index + 1;
  const place = { row, line: row, file: null, end: 0 };
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    return { ...place, kind: 'reject', reason: 'not_an_object', message: `item ${row}: must be an object` };
  }
  return { ...place, kind: 'row', raw: Buffer.from(JSON.stringify(item)), record: item };
}
