// Renders a chunk of a dataset's rows into items: their lines, keys and numbers. The rows' bytes and the settings alone decide the result.

import { customId, type ItemKey } from '../../domain/ids.ts';
import type { JobFile } from '../../domain/job.ts';
import { findReservePrice, type ModelPrice } from '../../domain/money/cost.ts';
import { countCallTokens } from '../../domain/money/output-limit.ts';
import type { RowRefusal } from '../../domain/outcome/outcome.ts';
import { firstWord, hashId, hashSeeds, type IdHash } from '../../domain/plan/id-hash.ts';
import { estimateItem, type ItemEstimate } from '../../domain/plan/item-estimate.ts';
import { JobRefused } from '../../domain/refusal.ts';
import { formatItemLine } from '../../job-folder/plan/item-line.ts';
import type { Dialect, DialectSettings } from '../../providers/dialects/dialect.ts';
import { createDialect } from '../../providers/dialects/registry.ts';
import { parseRecord, type RowRecord } from '../../storage/formats/jsonl-record.ts';
import type { BufferStock } from '../buffer-stock.ts';
import { compileOnce } from '../compiled.ts';
import { eachLine, LinePacker, type PackedLines } from '../packed-lines.ts';
import { SampledPrompts } from '../sampled-prompts.ts';
import { KeyHasher } from './key-hasher.ts';
import {
  type ItemGroup,
  type JobRefusal,
  makeColumns,
  type RefusedRow,
  type RenderedRows,
  type RowColumns,
} from './rendered-rows.ts';
import { isRefusal, type ReadItem, type ReadRow, rowReader } from './row-reader.ts';
import { type AroundBody, noPrefix, splitAround } from './unnamed-lines.ts';

/** The part of a job that its rows are rendered by. */
export interface RenderSettings {
  readonly dialect: DialectSettings;
  readonly job: Pick<JobFile, 'spec' | 'prices' | 'planNonce'>;
}

export interface RenderRowsInput {
  /** `RenderSettings` as JSON. */
  readonly settings: string;
  readonly firstRow: number;
  /** An empty line is a row that is refused already. */
  readonly lines: PackedLines;
}

interface Compiled {
  readonly dialect: Dialect;
  readonly readRow: ReadRow;
  readonly findPrice: (model: string) => ModelPrice | undefined;
  readonly seeds: IdHash;
}

const compile = compileOnce((text): Compiled => {
  const { dialect: settings, job }: RenderSettings = JSON.parse(text);
  const dialect = createDialect(settings);
  const findPrice = (model: string) => findReservePrice(model, job.prices, job.spec.strictBudget === true);
  return { dialect, readRow: rowReader(job, dialect), findPrice, seeds: hashSeeds(job.planNonce) };
});

export function renderRows({ settings, firstRow, lines }: RenderRowsInput, stock: BufferStock): RenderedRows {
  const chunk = new Chunk(compile(settings), firstRow, lines.ends.length, stock);
  eachLine(lines, (line, index) => chunk.take(line, index));
  return chunk.finish();
}

interface Group extends ItemGroup {
  readonly number: number;
  readonly price: ModelPrice | undefined;
  readonly around: AroundBody;
}

const keyHasher = new KeyHasher();

class Chunk {
  readonly #compiled: Compiled;
  readonly #firstRow: number;
  readonly #requests: LinePacker;
  readonly #items: LinePacker;
  readonly #columns: RowColumns;
  readonly #groups = new Map<string, Group>();
  readonly #refusals: RefusedRow[] = [];
  readonly #prompts: SampledPrompts;
  #jobRefusal: JobRefusal | null = null;
  #lastGroup: Group | null = null;

  constructor(compiled: Compiled, firstRow: number, rows: number, stock: BufferStock) {
    this.#compiled = compiled;
    this.#firstRow = firstRow;
    this.#requests = new LinePacker(stock, rows);
    this.#items = new LinePacker(stock, rows);
    this.#columns = makeColumns(rows);
    this.#prompts = new SampledPrompts(compiled.dialect);
  }

  take(line: Buffer, index: number): void {
    if (line.length > 0 && this.#jobRefusal === null) this.#render(line, index);
    this.#requests.endLine();
    this.#items.endLine();
  }

  finish(): RenderedRows {
    return {
      requests: this.#requests.finish(),
      items: this.#items.finish(),
      requestIdAt: this.#compiled.dialect.customIdAt,
      columns: this.#columns,
      groups: Array.from(this.#groups.values(), ({ model, endpoint }) => ({ model, endpoint })),
      prompts: this.#prompts.list,
      refusals: this.#refusals,
      jobRefusal: this.#jobRefusal,
    };
  }

  #render(raw: Buffer, index: number): void {
    const parsed = parseRecord(raw);
    const read = 'reason' in parsed ? parsed : this.#read(raw, parsed.record, index);
    if (read === null) return;
    if (isRefusal(read)) {
      this.#refusals.push({ index, ...read });
    } else {
      this.#add(read, index);
    }
  }

  /** Null if the row refuses the whole job. */
  #read(raw: Buffer, record: RowRecord, index: number): ReadItem | RowRefusal | null {
    try {
      return this.#compiled.readRow({ row: this.#firstRow + index, record, raw });
    } catch (error) {
      if (!(error instanceof JobRefused)) throw error;
      this.#jobRefusal = { index, kind: error.kind, problems: error.problems };
      return null;
    }
  }

  #add(item: ReadItem, index: number): void {
    const { row, id, keyText, model, endpoint, request, outputTokens } = item;
    const key = keyHasher.hash(keyText);
    const group = this.#findGroup(model, endpoint);
    const bodyBytes = this.#addRequest(key, request, group.around);
    this.#prompts.offer(index, item, bodyBytes);
    this.#items.addText(`${formatItemLine({ row, id, key }, customId(noPrefix, key))}\n`);
    this.#noteHash(index, hashId(id, this.#compiled.seeds), key);
    const estimate = estimateItem(bodyBytes, outputTokens, group.price);
    this.#noteEstimate(index, group.number, estimate);
    if (item.isRouted) this.#columns.routedTokens[index] = countCallTokens(estimate.inputTokens, item.limit);
  }

  /** Returns the bytes of the body. */
  #addRequest(key: ItemKey, body: readonly string[], { before, after }: AroundBody): number {
    this.#requests.addText(before(key));
    const begin = this.#requests.bytes;
    for (const piece of body) this.#requests.addText(piece);
    const bytes = this.#requests.bytes - begin;
    this.#requests.addText(after);
    return bytes;
  }

  #noteHash(index: number, { high, low }: IdHash, key: ItemKey): void {
    const columns = this.#columns;
    columns.high[index] = high;
    columns.low[index] = low;
    columns.keyWord[index] = firstWord(key);
  }

  #noteEstimate(index: number, group: number, estimate: ItemEstimate): void {
    const columns = this.#columns;
    columns.group[index] = group;
    columns.inputTokens[index] = estimate.inputTokens;
    columns.outputTokens[index] = estimate.outputTokens;
    columns.batchUsd[index] = estimate.batchUsd;
    columns.realtimeUsd[index] = estimate.realtimeUsd;
  }

  #findGroup(model: string, endpoint: string): Group {
    const last = this.#lastGroup;
    if (last?.model === model && last.endpoint === endpoint) return last;
    this.#lastGroup = this.#groups.get(`${endpoint}\n${model}`) ?? this.#addGroup(model, endpoint);
    return this.#lastGroup;
  }

  #addGroup(model: string, endpoint: string): Group {
    const { dialect, findPrice } = this.#compiled;
    const around = splitAround(dialect, endpoint);
    const group = { model, endpoint, number: this.#groups.size + 1, price: findPrice(model), around };
    this.#groups.set(`${endpoint}\n${model}`, group);
    return group;
  }
}
