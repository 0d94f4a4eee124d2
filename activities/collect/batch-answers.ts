// One batch's answers on their way from raw lines, in any order, to judged lines in row order.

import { join } from 'node:path';
import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { JobFile, PlannedBatch } from '../../domain/job.ts';
import { isPending } from '../../domain/maybe-promise.ts';
import { costUsd, findPrice, type ModelPrice } from '../../domain/money/cost.ts';
import {
  failed,
  type Judged,
  classify as judge,
  messageByReason,
  reasonOfFault,
} from '../../domain/outcome/classify.ts';
import {
  type Anomalies,
  type ItemLine,
  noAnomalies,
  type RawOutcome,
  type Tally,
} from '../../domain/outcome/outcome.ts';
import { isRetryable } from '../../domain/outcome/verdict.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { compileSchema } from '../../input/answer-schema.ts';
import { parseNote } from '../../job-folder/journal-notes.ts';
import { answersFile, itemsFile, rawFile } from '../../job-folder/paths.ts';
import type { Provider } from '../../providers/provider.ts';
import { lineChunks, lineCursor, lineWriter } from '../../storage/lines/json-lines.ts';
import type { ActivityDeps } from '../deps.ts';
import { AnswerSpill, type Outcome } from './answer-spill.ts';
import { BatchCounts } from './batch-counts.ts';
import type { ClassifyInput } from './classify-input.ts';

const rawLineBytesMax = 256 * 1024 * 1024;
/** Lines between two heartbeats. */
const beatEvery = 5000;

/** Judged lines go to a scratch file as they come, and from there to the answers in row order: memory holds places, not answers. */
export class BatchAnswers {
  readonly #deps: ActivityDeps;
  readonly #job: JobFile;
  readonly #provider: Provider;
  readonly #planned: PlannedBatch;
  readonly #input: ClassifyInput;
  readonly #spill: AnswerSpill;
  readonly #places = new Map<string, number>();
  readonly #semantic: Uint16Array;
  readonly #counts: BatchCounts;
  readonly #price: ModelPrice | undefined;
  readonly #anomalies: { -readonly [name in keyof Anomalies]: number };
  readonly #accepts:
    | ((answer: Parameters<Extract<ReturnType<typeof compileSchema>, { kind: 'schema' }>['accepts']>[0]) => boolean)
    | null;
  readonly #pendingSent = new Set<string>();

  constructor(deps: ActivityDeps, job: JobFile, provider: Provider, planned: PlannedBatch, input: ClassifyInput) {
    this.#deps = deps;
    this.#job = job;
    this.#provider = provider;
    this.#planned = planned;
    this.#input = input;
    this.#spill = new AnswerSpill(join(deps.scratch, `answers-${deps.randomHex(8)}`), planned.items);
    this.#semantic = new Uint16Array(planned.items);
    this.#counts = new BatchCounts(planned.items);
    this.#price = findPrice(planned.model, job.prices);
    this.#anomalies = { ...noAnomalies, twinBatches: input.twinBatches };
    const compiled = job.spec.schema === null ? null : compileSchema(job.spec.schema);
    this.#accepts = compiled?.kind === 'schema' ? compiled.accepts : null;
  }

  close(): void {
    this.#spill.close();
  }

  async write(): Promise<Tally> {
    await this.#readItems();
    if ((await this.#deps.store.head(rawFile(this.#input))) !== null) await this.#readRaw();
    return this.#writeAnswers();
  }

  async #readItems(): Promise<void> {
    let index = 0;
    for await (const lines of lineChunks(this.#deps.store.read(itemsFile(this.#input)), {
      lineBytesMax: rawLineBytesMax,
    })) {
      for (const line of lines) {
        if (line.bytes === null || line.length === 0) continue;
        const item = parseItem(line.bytes);
        this.#places.set(item.customId, index);
        this.#semantic[index] = item.semantic ?? 0;
        index += 1;
      }
    }
    if (index !== this.#planned.items) {
      throw new InvariantBroken(`${this.#planned.items} items were planned, ${index} are there`);
    }
  }

  async #readRaw(): Promise<void> {
    let seen = 0;
    for await (const lines of lineChunks(this.#deps.store.read(rawFile(this.#input)), {
      lineBytesMax: rawLineBytesMax,
    })) {
      for (const line of lines) {
        if (line.bytes === null) {
          this.#anomalies.unreadableLines += 1;
        } else if (line.length > 0) {
          this.#take(line.bytes);
        }
        seen += 1;
        if (seen % beatEvery === 0) this.#beat(seen);
      }
    }
  }

  #beat(seen: number): void {
    heartbeat(seen);
    cancellationSignal().throwIfAborted();
  }

  #take(bytes: Buffer): void {
    if (this.#planned.lane === 'realtime' && this.#takeNote(bytes)) return;
    const raw = this.#provider.decode(bytes, this.#planned.endpoint);
    if (raw.kind === 'unreadable') {
      this.#anomalies.unreadableLines += 1;
      return;
    }
    this.#pendingSent.delete(raw.customId);
    const index = this.#places.get(raw.customId);
    if (index === undefined) {
      this.#anomalies.unknownAnswers += 1;
      return;
    }
    const judged = judge(raw, {
      policy: this.#job.policy,
      semantic: this.#semantic[index] ?? 0,
      cancelReason: this.#input.cancelReason,
      accepts: this.#accepts,
    });
    this.#keep(index, judged, raw);
  }

  /** The realtime lane's own notes. A call that is noted as sent twice, with nothing heard between, was in flight when a worker died. */
  #takeNote(bytes: Buffer): boolean {
    const note = parseNote(bytes);
    if (note === null) return false;
    if (note.kind !== 'sent') {
      this.#pendingSent.delete(note.customId);
    } else if (this.#pendingSent.has(note.customId)) {
      this.#anomalies.inDoubtCalls += 1;
    } else {
      this.#pendingSent.add(note.customId);
    }
    const index = this.#places.get(note.customId);
    if (note.kind !== 'gaveUp' || index === undefined) return true;
    const semantic = this.#semantic[index] ?? 0;
    this.#keep(index, failed(reasonOfFault[note.fault], { policy: this.#job.policy, semantic }), null);
    return true;
  }

  /** The first answer is kept; a success is worth more than an error that came before it. */
  #keep(index: number, judged: Judged, raw: Exclude<RawOutcome, { kind: 'unreadable' }> | null): void {
    const known = this.#spill.has(index);
    if (known && this.#planned.lane === 'batch') this.#anomalies.duplicateAnswers += 1;
    if (known && (this.#spill.isAnswered(index) || judged.kind !== 'answered')) return;
    const answer = raw?.kind === 'answer' ? raw : null;
    const price = this.#price ?? findPrice(answer?.model ?? this.#planned.model, this.#job.prices);
    const outcome: Outcome = {
      kind: judged.kind,
      ...(judged.reason === undefined ? {} : { reason: judged.reason, message: messageByReason[judged.reason] }),
      ...(judged.output === undefined ? {} : { output: judged.output }),
      usage: answer?.usage ?? null,
      costUsd: answer === null ? 0 : costUsd(answer.usage, this.#planned.lane, price),
      finishReason: answer?.finishReason ?? null,
      model: answer?.model ?? null,
      ...(this.#job.spec.keep.responses && answer !== null ? { response: answer.response } : {}),
    };
    if (known) this.#counts.add(JSON.parse(this.#spill.read(index)), -1);
    this.#counts.add(outcome);
    this.#spill.keep(index, JSON.stringify(outcome), judged.kind === 'answered');
  }

  async #writeAnswers(): Promise<Tally> {
    const blamed = this.#input.blamed === 'all' ? 'all' : new Set(this.#input.blamed);
    const items = lineCursor(this.#deps.store.read(itemsFile(this.#input)));
    const writer = lineWriter(await this.#deps.store.create(answersFile(this.#input)));
    try {
      for (let index = 0; index < this.#planned.items; index += 1) {
        const next = items.next();
        const line = isPending(next) ? await next : next;
        if (line?.bytes == null) throw new InvariantBroken(`item ${index + 1} of ${this.#planned.items} is not there`);
        const outcome = this.#spill.has(index) ? this.#spill.read(index) : this.#unanswered(index, blamed);
        // An answer's line is its item's line and the outcome: joined as text, since both are ours and there are millions.
        const written = writer.write(`${line.bytes.toString('utf8', 0, line.length - 1)},${outcome.slice(1)}`);
        if (isPending(written)) await written;
        if (index % beatEvery === 0) this.#beat(index);
      }
      await writer.close();
    } catch (error) {
      await writer.abort();
      throw error;
    } finally {
      await items.close();
    }
    return this.#counts.tally(this.#planned, this.#input, this.#anomalies);
  }

  #unanswered(index: number, blamed: 'all' | ReadonlySet<number>): string {
    const reason = blamed === 'all' || blamed.has(index + 1) ? 'bad_request' : this.#input.missingReason;
    if (reason === 'missing') this.#anomalies.missing += 1;
    const retryable = isRetryable(reason, this.#semantic[index] ?? 0, this.#job.policy);
    const outcome: Outcome = {
      kind: retryable ? 'retryable' : 'rejected',
      reason,
      message: messageByReason[reason],
      usage: null,
      costUsd: 0,
      finishReason: null,
      model: null,
    };
    this.#counts.add(outcome);
    return JSON.stringify(outcome);
  }
}

/** Written by the planner. */
const parseItem = (bytes: Buffer): ItemLine => JSON.parse(bytes.toString());
