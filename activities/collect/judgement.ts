// A batch's answers while they are made: lines of output go in, and answers with their tally come out once everything is proven. Until then,
// nothing is written but scratch of this attempt, and images, which nothing names until then.

import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { LineCounts } from '../../domain/batch/evidence.ts';
import type { BatchRef } from '../../domain/ids.ts';
import type { JobFile, PlannedBatch } from '../../domain/job.ts';
import { noAnomalies, type Tally } from '../../domain/outcome/outcome.ts';
import { countRequests, itemsPerRequest } from '../../domain/plan/joint-requests.ts';
import { type ChunkHead, listChunkHeads } from '../../job-folder/chunks.ts';
import { readDetails } from '../../job-folder/evidence.ts';
import { listJournals } from '../../job-folder/journals.ts';
import { rawFile, tallyFile } from '../../job-folder/paths.ts';
import { writeJson } from '../../storage/lines/json-lines.ts';
import { createJudge, type Judge, type JudgeSettings } from '../../threads/tasks/judge.ts';
import { type ActivityDeps, requireProvider } from '../deps.ts';
import { ScratchFile } from '../scratch-file.ts';
import { BatchCounts } from './batch-counts.ts';
import type { ClassifyInput } from './classify-input.ts';
import { FirstAnswers } from './first-answers.ts';
import { ImageFiles } from './image-files.ts';
import { type BatchPart, type ItemIndex, readItemIndex } from './item-index.ts';
import { type Proofs, proveItems, realtimeProofs, type Unproven } from './proofs.ts';
import { RawLines } from './raw-lines.ts';
import { UnreadItems } from './unread-items.ts';
import { type WrittenAnswers, writeAnswers, writeChunkAnswers } from './write-answers.ts';

/** Items that are judged in one go: other work of the main thread must not wait for long. */
const itemsAtOnce = 5000;

export type JudgeDeps = Pick<ActivityDeps, 'store' | 'provider' | 'threads' | 'scratch' | 'randomHex'>;

export type ClassifyResult =
  | { readonly kind: 'tally'; readonly tally: Tally }
  /** The output does not prove what became of some items: nothing is written, and it is to be read again. */
  | { readonly kind: 'unproven'; readonly unproven: readonly Unproven[] };

type JudgedJob = Pick<JobFile, 'policy' | 'prices' | 'proofs' | 'spec'>;

/** Close it after use: it has a scratch file. */
export async function openJudgement(deps: JudgeDeps, job: JobFile, input: ClassifyInput): Promise<Judgement> {
  return new Judgement(deps, job, input, await readItemIndex(deps.store, input, input.planned.items));
}

/** What judging needs to know of a batch, or of a part of it. */
export type JudgedItems = Pick<ClassifyInput, 'output' | 'batchId' | 'cancelReason'> & {
  readonly planned: Pick<PlannedBatch, 'lane' | 'model' | 'endpoint' | 'items'>;
};

export class Judgement {
  readonly #deps: JudgeDeps;
  readonly #job: JudgedJob;
  readonly #items: ItemIndex;
  readonly #texts: ScratchFile;
  readonly #answers: FirstAnswers;
  readonly #judge: Judge;
  readonly lines: RawLines;

  constructor(deps: JudgeDeps, job: JobFile, input: JudgedItems, items: ItemIndex) {
    const { planned } = input;
    const settings = describeJudge(deps, job, input);
    this.#deps = deps;
    this.#job = job;
    this.#items = items;
    this.#texts = new ScratchFile(deps, 'answers');
    this.#answers = new FirstAnswers(this.#texts, planned.items);
    this.#judge = createJudge(settings);
    this.lines = new RawLines({
      planned,
      perRequest: settings.itemsPerRequest,
      threads: deps.threads,
      settings: JSON.stringify(settings),
      policy: job.policy,
      items,
      judge: this.#judge,
      answers: this.#answers,
      images: new ImageFiles(deps.store, input.output),
    });
  }

  /** Reads every output of the batch from the store. */
  async readAll(input: ClassifyInput): Promise<Proofs> {
    const { store } = this.#deps;
    if (input.planned.lane === 'realtime') {
      await this.#readJournals(input);
      return realtimeProofs;
    }
    return this.#prove(input, async (twin, isWhole) => {
      const uri = rawFile(input, twin);
      return (await store.head(uri)) === null ? null : this.lines.read(store, uri, isWhole);
    });
  }

  /** For a batch of a single provider batch, whose output went in already. */
  proveRead(input: ClassifyInput, counts: LineCounts): Promise<Proofs> {
    return this.#prove(input, async () => counts);
  }

  /** Writes the answers, and then the tally, which shows that they are complete. Each line that was read went in before. */
  async settle(input: ClassifyInput, proofs: Proofs): Promise<ClassifyResult> {
    if (proofs.unproven.length > 0) return { kind: 'unproven', unproven: proofs.unproven };
    const { store } = this.#deps;
    const { planned } = input;
    const unread = await this.#judgeUnread(planned, input, proofs, await readDetails(store, input));
    await writeAnswers(store, input, planned.items, this.#written);
    const tally = { ...this.#sum(input, unread), ...(await this.#findLate(input)) };
    await writeJson(store, tallyFile(input), tally);
    return { kind: 'tally', tally };
  }

  /** Of a part of a realtime batch whose journals were read: its answers as the batch will have them. A file that is there stays. */
  async writeChunk(ref: BatchRef, part: BatchPart, read: ChunkHead['read']): Promise<void> {
    const planned = { lane: 'realtime', items: part.count } as const;
    await this.#judgeUnread(planned, { blamed: [], notRunReason: 'missing' }, realtimeProofs, new Map());
    const places = Array.from({ length: part.count }, (_, place) => place);
    const unanswered = places.filter((place) => !this.#answers.isAnswered(place)).map((place) => part.from + place + 1);
    const head = { last: part.from + part.count, read, unanswered };
    await writeChunkAnswers(this.#deps.store, ref, part, { ...this.#written, head });
  }

  close(): void {
    this.#texts.close();
  }

  get #written(): WrittenAnswers {
    return { answers: this.#answers, keepsResponses: this.#job.spec.keep.responses };
  }

  async #judgeUnread(
    planned: Pick<PlannedBatch, 'lane' | 'items'>,
    input: Pick<ClassifyInput, 'blamed' | 'notRunReason'>,
    proofs: Proofs,
    details: ReadonlyMap<number | null, string>,
  ): Promise<UnreadItems> {
    this.lines.keepUnknown(input.notRunReason);
    const perRequest = itemsPerRequest(this.#job.spec, planned);
    const unread = new UnreadItems({ items: this.#items, judge: this.#judge, perRequest }, input, proofs, details);
    for (let place = 0; place < planned.items; place++) {
      if (!this.#answers.has(place)) this.#answers.keepOutcome(place, unread.judge(place));
      if (place % itemsAtOnce === 0) await letOthersRun();
    }
    return unread;
  }

  /**
   * What a chunk was told by comes first: a worker that was taken for dead may have added another answer since then, and readers have the first
   * one.
   */
  async #readJournals(ref: BatchRef): Promise<void> {
    const { store } = this.#deps;
    const journals = await listJournals(store, ref);
    const told = new Map<number, number>();
    for (const { read } of await listChunkHeads(store, ref)) {
      for (const [journal, byte] of read) told.set(journal, Math.min(byte, told.get(journal) ?? byte));
    }
    for (const { uri, number } of journals) await this.lines.readJournal(store, uri, 0, told.get(number));
    for (const { uri, number } of journals) {
      const byte = told.get(number);
      if (byte !== undefined) await this.lines.readJournal(store, uri, byte);
    }
  }

  async #findLate({ planned, ...ref }: ClassifyInput): Promise<Pick<Tally, 'late'>> {
    if (planned.lane === 'batch') return {};
    const heads = await listChunkHeads(this.#deps.store, ref);
    const late = heads.flatMap(({ unanswered }) => unanswered.filter((place) => this.#answers.isAnswered(place - 1)));
    return late.length === 0 ? {} : { late };
  }

  #prove(
    input: ClassifyInput,
    readOutput: (twin: number, isWhole: boolean) => Promise<LineCounts | null>,
  ): Promise<Proofs> {
    const countAnswered = (): number => this.#answers.count;
    const { items } = input.planned;
    const perRequest = itemsPerRequest(this.#job.spec, input.planned);
    const planned = { items, requests: countRequests(items, perRequest) };
    return proveItems(input, planned, this.#job.proofs, { readOutput, countAnswered });
  }

  #sum(input: ClassifyInput, { missing, paidWithoutAnswer }: UnreadItems): Tally {
    const counts = new BatchCounts(input.planned.items);
    this.#answers.sumInto(counts);
    const twinBatches = Math.max(0, input.batches.length - 1);
    const anomalies = { ...noAnomalies, ...this.lines.anomalies, missing, paidWithoutAnswer, twinBatches };
    return counts.tally(input.planned, input, anomalies);
  }
}

function describeJudge(deps: Pick<ActivityDeps, 'provider'>, job: JobFile, input: JudgedItems): JudgeSettings {
  const { lane, model, endpoint } = input.planned;
  const { policy, prices, spec } = job;
  return {
    dialect: requireProvider(deps, job).dialect,
    job: { policy, prices, spec: { schema: spec.schema, keep: spec.keep } },
    endpoint,
    model,
    lane,
    itemsPerRequest: itemsPerRequest(spec, input.planned),
    batchId: input.batchId,
    cancelReason: input.cancelReason,
  };
}
