// Limits the batches of one part of a wave to what the dispatcher grants, and declares to it what the part holds and wants.

import { CancellationScope, condition, workflowInfo } from '@temporalio/workflow';
import type { Declaration, Grants, Need } from '../../domain/dispatch/declaration.ts';
import { HolderBook, type NeedBook } from '../../domain/dispatch/holder.ts';
import type { JobSettings, PlannedBatch } from '../../domain/job.ts';
import { chargedUsd } from '../../domain/money/budget.ts';
import type { Tally } from '../../domain/outcome/outcome.ts';
import type { BatchNews } from '../../domain/progress/events.ts';
import type { CapacityWait } from '../../domain/progress/status.ts';
import { dispatchCall } from '../proxies.ts';
import { acceptedStates, type Gate, type GatedBatch, hasRun } from './gate.ts';

/** What a declaration needs of its job. */
export type DispatchJob = Pick<JobSettings, 'provider' | 'account'> & Required<Pick<JobSettings, 'dispatch'>>;

/** Null if the job does not ask the dispatcher. */
export const pickDispatchJob = ({
  provider,
  account,
  dispatch,
}: Pick<JobSettings, 'provider' | 'account' | 'dispatch'>): DispatchJob | null =>
  dispatch === undefined ? null : { provider, ...(account === undefined ? {} : { account }), dispatch };

const full = 'the dispatcher has no place for another job: it is asked again every 30 s';
const unreached =
  'the dispatcher does not answer: a worker must serve its task queue, and all workers need the limits of NIGHTSHIFT_CONFIG';

/** So many declarations follow each other without a pause, and later ones with one: a part of few batches should not wait. */
const promptMax = 50;
const spacingMs = 5_000;
/** Ending a job must not take long because nobody serves the dispatcher. */
const lastWordMs = 30_000;
/** The dispatcher has too many holders. */
const laterMs = 30_000;
/** While batches wait, their place in the line is asked for again, and a dispatcher that was terminated is started again. */
const repeatMs = [1, 2, 4, 8, 15].map((minutes) => minutes * 60_000);

export class DispatchGate implements Gate {
  readonly #job: DispatchJob;
  /** The run of the workflow and the part of its work. */
  readonly #run: string;
  readonly #book = new HolderBook();
  /** The open batches, by their workflows. */
  readonly #open = new Map<string, { readonly need: NeedBook; readonly usd: number | null }>();
  readonly #began = Date.now();
  #seq = 0;
  #spentUsd = 0;
  #isClosed = false;
  #mustRepeat = false;
  #isUnreached = false;
  #isFull = false;
  /** What was last declared, as far as the dispatcher has to know of a change. */
  #declared = '';
  #declaring: CancellationScope | null = null;
  #onGrants: () => void = () => undefined;

  constructor(job: DispatchJob, part: string, batches: readonly PlannedBatch[]) {
    this.#job = job;
    this.#run = `${workflowInfo().runId} ${part}`;
    for (const batch of batches) this.#book.at(batch).addSize(readSize(batch));
  }

  offer(batch: GatedBatch, count: number): void {
    this.#book.at(batch).offer(count);
  }

  mayStart(batch: GatedBatch): boolean {
    return this.#book.at(batch).mayStart;
  }

  start(workflowId: string, batch: GatedBatch): void {
    const need = this.#book.at(batch);
    this.#open.set(workflowId, { need, usd: batch.estimate.usd });
    need.start(workflowId, readSize(batch), Date.now());
  }

  end(workflowId: string, _model: string, tally: Tally | null): void {
    const open = this.#open.get(workflowId);
    if (open === undefined) return;
    if (hasRun(tally)) open.need.accept(workflowId);
    open.need.end(workflowId, Date.now());
    open.need.laneWait = null;
    this.#open.delete(workflowId);
    this.#spentUsd += (tally === null ? open.usd : chargedUsd(tally, open.usd)) ?? 0;
  }

  applyNews(workflowId: string, _model: string, { stage, cramped, yielded, withoutRate }: BatchNews): void {
    const need = this.#open.get(workflowId)?.need;
    if (need !== undefined) need.laneWait = withoutRate?.why ?? null;
    if (withoutRate !== undefined) need?.needCall(withoutRate.callTokens);
    if (withoutRate?.isUnknown === true) this.declareAgain();
    if (cramped !== undefined) need?.refuse(workflowId, cramped.named, Date.now());
    else if (yielded === true) need?.yield(workflowId, Date.now());
    else if (acceptedStates.has(stage)) need?.accept(workflowId);
  }

  takeTooLarge() {
    return this.#book.needs.flatMap((need) => need.takeTooLarge());
  }

  takeReady(): readonly string[] {
    return this.#book.needs.flatMap((need) => need.takeReady(Date.now()));
  }

  findRoomAt(): number | null {
    const times = this.#book.needs.flatMap((need) => need.findSureAt(Date.now()) ?? []);
    return times.length === 0 ? null : Math.min(...times);
  }

  describeWaits(): readonly CapacityWait[] {
    return this.#book.needs.flatMap((need): CapacityWait[] => {
      const { said, waiting, model, inUse, laneWait } = need;
      const wait = { model, inUse, fitting: null, named: null };
      const trouble = this.#isUnreached ? unreached : this.#isFull ? full : null;
      if (laneWait !== null) return [{ ...wait, waiting: 1, reason: trouble ?? laneWait }];
      if (waiting === 0) return [];
      const reason = said?.wait ?? 'the dispatcher has not answered yet';
      return [{ ...wait, waiting, reason: trouble ?? reason }];
    });
  }

  pause(isPaused: boolean): void {
    this.#book.pause(isPaused);
  }

  hear(grants: Grants): void {
    if (grants.run !== this.#run) return;
    this.#book.apply(grants);
    this.#onGrants();
  }

  declareAgain(): void {
    this.#mustRepeat = true;
  }

  /** Declares each change until it is closed. `onGrants` is called when there are new grants. */
  async keepDeclaring(onGrants: () => void): Promise<void> {
    this.#onGrants = onGrants;
    for (let repeats = 0; !this.#isClosed; ) {
      const isWaiting = this.#book.needs.some(({ waiting }) => waiting > 0);
      const repeatIn = repeatMs[Math.min(repeats, repeatMs.length - 1)] ?? spacingMs;
      const isDue = (): boolean => this.#isClosed || this.#isDue;
      const hasChanged = await (isWaiting
        ? condition(isDue, repeatIn, { summary: 'ask the dispatcher again' })
        : condition(isDue).then(() => true));
      repeats = hasChanged ? 0 : repeats + 1;
      if (this.#isClosed) break;
      const isLate = await this.#declare();
      const pauseMs = isLate ? laterMs : this.#seq > promptMax ? spacingMs : 0;
      if (pauseMs > 0) await condition(() => this.#isClosed, pauseMs, { summary: 'before the next declaration' });
    }
  }

  /**
   * The part is over, and holds nothing more. What is on its way is given up: the dispatcher ignores it after this last word. If nobody serves
   * the dispatcher, the last word is given up too: the next part replaces this one, and the end of the workflow is noticed.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#declaring?.cancel();
    if (this.#seq > 0) await this.#declare(lastWordMs);
  }

  /** True if the dispatcher has no place for it now. */
  async #declare(limitMs?: number): Promise<boolean> {
    const needs = this.#book.read(Date.now());
    this.#declared = this.#book.describeNews(Date.now());
    this.#mustRepeat = false;
    const declaration = this.#makeDeclaration(needs);
    const call = dispatchCall('declare what is held and wanted', limitMs);
    this.#declaring = new CancellationScope({ cancellable: true });
    try {
      const answer = await this.#declaring.run(() => call.declare(declaration));
      this.#isUnreached = false;
      this.#isFull = answer.kind === 'later';
      if (answer.kind === 'told') this.hear(answer.grants);
      if (this.#isFull) this.#onGrants();
      return this.#isFull;
    } catch {
      // It could not be reached for minutes. What is declared next is newer anyway.
      this.#isUnreached = !this.#isClosed;
      this.#onGrants();
      this.#mustRepeat = true;
      return true;
    }
  }

  #makeDeclaration(needs: readonly Need[]): Declaration {
    this.#seq += 1;
    const { provider, account = 'default', dispatch: sharing } = this.#job;
    return {
      holder: workflowInfo().workflowId,
      run: this.#run,
      chain: workflowInfo().firstExecutionRunId,
      began: this.#began,
      seq: this.#seq,
      provider,
      account,
      sharing,
      needs: this.#isClosed ? [] : needs,
      spentUsd: this.#spentUsd,
      isClosed: this.#isClosed,
    };
  }

  get #isDue(): boolean {
    return this.#mustRepeat || this.#book.describeNews(Date.now()) !== this.#declared;
  }
}

const readSize = ({ estimate: { inputTokens, usd, mostUsd = null } }: GatedBatch) => ({
  tokens: inputTokens,
  usd,
  mostUsd,
});
