// Goes through the rows of a rendered chunk without allocating anything for a row.

import { type ItemKey, itemKey, type RowId } from '../../../domain/ids.ts';
import type { MaybePromise } from '../../../domain/maybe-promise.ts';
import type { RowRefusal } from '../../../domain/outcome/outcome.ts';
import type { RealtimeCause } from '../../../domain/plan/split.ts';
import { InvariantBroken, JobRefused } from '../../../domain/refusal.ts';
import { customIdFromEnd, parseItemLine } from '../../../job-folder/plan/item-line.ts';
import type { LineWriter } from '../../../storage/lines/json-lines.ts';
import type { SampledRow } from '../../../threads/tasks/count-tokens.ts';
import type { ItemGroup, RenderedRows, RowColumns } from '../../../threads/tasks/rendered-rows.ts';
import { noPrefix } from '../../../threads/tasks/unnamed-lines.ts';
import type { SeenRow } from '../keys/seen-ids.ts';
import type { FirstItem } from '../step-planner.ts';
import type { RowChunk } from './cut-chunks.ts';
import { PrefixedLines } from './prefixed-lines.ts';

const keyDigits = 24;

/** A chunk's places, with what a thread made of its rows. */
export interface RenderedChunk extends Omit<RowChunk, 'lines'> {
  readonly rendered: RenderedRows;
  readonly sampled: readonly SampledRow[];
}

/** Shows one row of a chunk at a time. Of a refused row, only its place and its refusal have a meaning. */
export class ChunkRow implements FirstItem, SeenRow {
  readonly #chunk: RenderedChunk;
  readonly #columns: RowColumns;
  readonly #refusals: ReadonlyMap<number, RowRefusal>;
  readonly #sampled: ReadonlyMap<number, number>;
  readonly #requests: PrefixedLines;
  readonly #items: PrefixedLines;
  #index = -1;
  /** Chosen by the planner, row by row. */
  realtimeCause: RealtimeCause | null = null;

  constructor(chunk: RenderedChunk) {
    const { columns, requests, items, refusals } = chunk.rendered;
    this.#chunk = chunk;
    this.#columns = columns;
    this.#refusals = new Map([...chunk.refusals, ...refusals.map((each) => [each.index, each] as const)]);
    this.#sampled = new Map(chunk.sampled.map(({ index, tokens }) => [index, tokens]));
    this.#requests = new PrefixedLines(requests);
    this.#items = new PrefixedLines(items);
  }

  /** Moves to the next row; false if there is none. Throws JobRefused at a row that refuses the job. */
  moveOn(): boolean {
    this.#index += 1;
    const { jobRefusal } = this.#chunk.rendered;
    if (jobRefusal?.index === this.#index) throw new JobRefused(jobRefusal.kind, jobRefusal.problems);
    return this.#index < this.#chunk.count;
  }

  /** The place of the row's file among the dataset's files. */
  get file(): number {
    return this.#chunk.file;
  }

  /** The uri of the row's file, if the dataset may have several. */
  get fileName(): string | null {
    return this.#chunk.name;
  }

  get row(): number {
    return this.#chunk.from.row + this.#index + 1;
  }

  get line(): number {
    return this.#chunk.lineNumbers[this.#index] ?? 0;
  }

  /** The `byte` of a position after the row. */
  get byte(): number {
    return this.#chunk.ends[this.#index] ?? 0;
  }

  get refusal(): RowRefusal | null {
    if (this.#columns.group[this.#index] !== 0) return null;
    const refusal = this.#refusals.get(this.#index);
    if (refusal === undefined) throw new InvariantBroken(`row ${this.row} was lost while it was rendered`);
    return refusal;
  }

  get model(): string {
    return this.#group.model;
  }

  get endpoint(): string {
    return this.#group.endpoint;
  }

  get routedTokens(): number {
    return this.#columns.routedTokens[this.#index] ?? 0;
  }

  get bytes(): number {
    return this.#requests.countBytes(this.#index);
  }

  get inputTokens(): number {
    return this.#columns.inputTokens[this.#index] ?? 0;
  }

  /** As the model counts them; null if the row is not in the sample. */
  get sampledTokens(): number | null {
    return this.#sampled.get(this.#index) ?? null;
  }

  get outputTokens(): number {
    return this.#columns.outputTokens[this.#index] ?? 0;
  }

  get batchUsd(): number {
    return this.#columns.batchUsd[this.#index] ?? 0;
  }

  get realtimeUsd(): number {
    return this.#columns.realtimeUsd[this.#index] ?? 0;
  }

  get high(): number {
    return this.#columns.high[this.#index] ?? 0;
  }

  get low(): number {
    return this.#columns.low[this.#index] ?? 0;
  }

  get keyWord(): number {
    return this.#columns.keyWord[this.#index] ?? 0;
  }

  get key(): ItemKey {
    const from = this.#itemIdAt + noPrefix.length;
    return itemKey(this.#items.read(from, from + keyDigits));
  }

  /** Parsed from the item's line: few rows need it. */
  get id(): RowId {
    return parseItemLine(this.#items.read(this.#items.start(this.#index), this.#items.end(this.#index))).id;
  }

  writeRequest(prefix: string, into: LineWriter): MaybePromise<void> {
    const { requestIdAt } = this.#chunk.rendered;
    return this.#requests.write(this.#index, prefix, this.#requests.start(this.#index) + requestIdAt, into);
  }

  writeItem(prefix: string, into: LineWriter): MaybePromise<void> {
    return this.#items.write(this.#index, prefix, this.#itemIdAt, into);
  }

  get #group(): ItemGroup {
    const group = this.#chunk.rendered.groups[(this.#columns.group[this.#index] ?? 0) - 1];
    if (group === undefined) throw new InvariantBroken(`row ${this.row} has no model`);
    return group;
  }

  get #itemIdAt(): number {
    return this.#items.end(this.#index) - 1 - customIdFromEnd;
  }
}
