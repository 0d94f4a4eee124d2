// Takes the steps of one batch: each is one activity, and its result is an event for the batch machine.

import { log, sleep } from '@temporalio/workflow';
import type { BatchCase, BatchStep, ProviderBatch } from '../../domain/batch/machine.ts';
import { isNew, isUnsent, mayBlameAccount } from '../../domain/batch/provider-batch.ts';
import type { BatchHandle } from '../../domain/batch/state.ts';
import type { NamedLimit } from '../../domain/capacity/window.ts';
import type { Tally } from '../../domain/outcome/outcome.ts';
import type { BatchFault } from '../../domain/progress/batch-page.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { collectPass, exclusiveCall, filePass, providerCall, shortCall, transfer } from '../proxies.ts';
import { endIfTakenOver } from '../takeover.ts';
import { describeEnd } from './describe-end.ts';
import { LastPoll } from './last-poll.ts';
import type { StepContext } from './step-context.ts';
import { type Called, runUntilStopped } from './stoppable.ts';
import { isGivenUp, isOutOfTime, readFinalFailure, readTrouble } from './trouble.ts';

export class BatchSteps {
  tally: Tally | null = null;
  polls: number;
  readonly lastPoll: LastPoll;
  lastFault: BatchFault | null = null;
  readonly #context: StepContext;

  constructor(context: StepContext, polls: number, toldTenths: number) {
    this.#context = context;
    this.polls = polls;
    this.lastPoll = new LastPoll(toldTenths);
  }

  async take(step: Exclude<BatchStep, { kind: 'hold' | 'leave' | 'done' }>): Promise<void> {
    switch (step.kind) {
      case 'recover':
        return this.#recover();
      case 'upload':
        return this.#upload();
      case 'create':
        return this.#create();
      case 'find':
        return this.#find();
      case 'cancel':
        return this.#cancel(step.id);
      case 'poll':
        return this.#poll(step.id);
      case 'read':
        return this.#read(step.id);
      case 'classify':
        return this.#classify(step.final);
    }
  }

  async #recover(): Promise<void> {
    const { run, report, known } = this.#context;
    const isLate = known.giveUpAt !== null && Date.now() >= known.giveUpAt;
    // The files on disk are always read: only the wait for an earlier owner has a limit.
    const proxy = shortCall(run.input.job.timing, 'read what is known of the batch', isLate ? null : known.giveUpAt);
    const called = await this.#call(() => proxy.recoverBatch({ ...run.ref, isLate }));
    if (called.kind === 'failed') throw new InvariantBroken(`recovering the batch failed: ${called.fault}`);
    if (called.kind !== 'done') return;
    this.tally = called.value.tally;
    report({ kind: 'recovered', ...called.value.recovered });
  }

  async #upload(): Promise<void> {
    const { run, report } = this.#context;
    const { planned, job } = run.input;
    const summary = `upload ${planned.items} items, ${Math.ceil(planned.bytes / 1e6)} MB`;
    const proxy = transfer(job, planned.bytes, summary);
    const called = await this.#call(() => proxy.stage(this.#submission), true);
    if (called.kind === 'failed' && called.fault === 'capacity') return this.#refuse(called.fault, null);
    if (called.kind === 'failed') report({ kind: 'upload_refused', refusal: called.fault });
    if (called.kind === 'done') report({ kind: 'uploaded', fileId: called.value.fileId });
  }

  async #create(): Promise<void> {
    const { run, report, known } = this.#context;
    const { planned, job } = run.input;
    const input = { ...this.#submission, staged: { fileId: known.fileId } };
    const proxy = exclusiveCall(job, planned.bytes, `create ${job.provider} batch of ${planned.items} items`);
    const called = await this.#call(() => proxy.create(input), true);
    if (called.kind === 'failed') return this.#refuse(called.fault, null);
    if (called.kind !== 'done') return;
    const { value } = called;
    if (value.kind === 'created') this.#reportCreated(value);
    if (value.kind === 'unknown') report({ kind: 'create_unknown', overAt: value.overAt });
    if (value.kind === 'refused') await this.#refuse(value.fault, value.named ?? null);
  }

  /**
   * The provider refused the upload or the whole batch, and nothing ran. Unless it only has no room or misses the file, the next wave sends the items
   * in other batches, and finally one by one.
   */
  async #refuse(fault: string, named: NamedLimit | null): Promise<void> {
    const { run, report } = this.#context;
    const action = fault === 'capacity' ? 'wait_for_capacity' : fault === 'not_ready' ? 'upload_again' : 'give_back';
    report({ kind: 'create_refused', action, refusal: fault, named });
    const unsent = isUnsent(this.#context.known);
    if (fault === 'capacity') await run.notify('waiting', { cramped: { named }, unsent });
  }

  #reportCreated({ handle, twins }: { readonly handle: BatchHandle; readonly twins: readonly BatchHandle[] }): void {
    log.info('batch created', { event: 'batch_created', batchId: handle.id });
    this.#context.report({ kind: 'created', handle, twins });
  }

  async #find(): Promise<void> {
    const { run, report, known, bounds } = this.#context;
    const last = (known.intent?.finds ?? 0) + 1 >= bounds.findDelaysMs.length;
    const proxy = providerCall(run.input.job, 'find the batch of a create whose reply was lost', known.giveUpAt);
    const called = await this.#call(() => proxy.findBatch({ ...this.#submission, last }));
    if (called.kind === 'failed') report({ kind: 'found_unclear', candidate: known.candidate });
    if (called.kind !== 'done') return;
    const { value } = called;
    if (value.kind === 'created') this.#reportCreated(value);
    if (value.kind === 'unclear') report({ kind: 'found_unclear', candidate: value.candidate });
    if (value.kind === 'unclear' && value.createsLost) await run.notify('staging', { createsLost: true });
    if (value.kind === 'none') report({ kind: 'found_none' });
  }

  async #cancel(id: string): Promise<void> {
    const { run, report, known } = this.#context;
    const { output, nonce } = run.input.job;
    const proxy = providerCall(run.input.job, `cancel ${id}`, known.giveUpAt);
    const called = await this.#call(() => proxy.cancelBatch({ output, nonce, handle: this.#at(id).handle }));
    // If the provider refuses, the polls show how the batch ends.
    if (called.kind !== 'stopped') report({ kind: called.kind === 'done' ? 'cancel_asked' : 'cancel_refused', id });
  }

  async #poll(id: string): Promise<void> {
    const { run, report, known } = this.#context;
    const { handle, role } = this.#at(id);
    const coordinator = role === 'own' ? run.coordinator : null;
    const input = {
      ...run.ref,
      handle,
      coordinator,
      ...this.lastPoll.told,
      tellEvery: run.input.job.tellEvery,
      mayBlameAccount: mayBlameAccount(known),
    };
    const called = await this.#call(() => providerCall(run.input.job, `poll ${id}`, known.giveUpAt).look(input));
    if (called.kind === 'stopped') return;
    this.polls += 1;
    if (called.kind === 'failed') {
      const notFound = called.fault === 'not_found';
      if (notFound && role === 'own') this.lastPoll.miss();
      report({ kind: 'poll_missed', id, notFound });
      return;
    }
    const { ended, action, named, twins } = called.value;
    // It was sent late. A worker of an earlier version looks for none.
    if (twins?.some((twin) => isNew(known, twin))) report({ kind: 'created', handle, twins });
    if (role === 'own') this.lastPoll.see(called.value);
    report(ended === null ? { kind: 'polled_open', id } : { kind: 'polled_ended', id, ended, action, named });
    await this.#notifyWaiting(id, known);
  }

  /**
   * If a batch failed because there was no money, a person is needed. A batch that is created again without a person must learn whether the job
   * is paused, because the coordinator does not signal a pause to batches that are already created.
   */
  async #notifyWaiting(batchId: string, before: BatchCase): Promise<void> {
    const { run, known } = this.#context;
    if (known.trouble !== null) await run.notify('waiting', { batchId, trouble: known.trouble });
    // Not awaited, so that the wait for room lasts exactly as decided; `notify` never fails.
    else if (known.goal === 'run' && known.ordinal > before.ordinal) {
      void run.notify('waiting', { batchId, ...(known.cramped === null ? {} : { cramped: known.cramped }) });
    }
  }

  async #read(id: string): Promise<void> {
    const { run, report, known } = this.#context;
    const twin = known.batches.findIndex((batch) => batch.handle.id === id);
    const proxy = collectPass(run.input.job, `download ${id}`, known.giveUpAt);
    const end = known.batches.length === 1 ? { end: this.#describeEnd(false) } : {};
    const input = { ...run.ref, handle: this.#at(id).handle, twin, ...end, mayBlameAccount: mayBlameAccount(known) };
    const called = await this.#call(() => proxy.download(input));
    if (called.kind === 'failed') report({ kind: 'read_failed', id });
    if (called.kind === 'done') report({ kind: 'read', id, reading: called.value });
  }

  async #classify(final: boolean): Promise<void> {
    const { run, report } = this.#context;
    const { planned, job } = run.input;
    const result = await filePass(job.timing, `classify ${planned.items} items`).classify(this.#describeEnd(final));
    if (result.kind === 'tally') this.tally = result.tally;
    report({ kind: 'classified', unproven: result.kind === 'tally' ? [] : result.unproven });
  }

  #describeEnd(final: boolean) {
    const { run, known, bounds } = this.#context;
    const { planned, job } = run.input;
    const isNotApproved = job.isNotApproved === true && known.batches.length === 0;
    return describeEnd(known, bounds, { ...run.ref, planned, polls: this.polls, final, isNotApproved });
  }

  get #submission() {
    const { run, known } = this.#context;
    const { items, bytes, requestsCrc32: crc32, model, endpoint } = run.input.planned;
    const blame = { mayBlameAccount: mayBlameAccount(known) };
    return { ...run.ref, ordinal: known.ordinal, items, bytes, crc32, model, endpoint, ...blame };
  }

  #at(id: string): ProviderBatch {
    const batch = this.#context.known.batches.find(({ handle }) => handle.id === id);
    if (batch === undefined) throw new InvariantBroken(`the batch has no provider batch ${id}`);
    return batch;
  }

  /** Stops the work if the job is cancelled. Work that sends something new also stops if the job pauses or passes its deadline. */
  async #call<T>(work: () => Promise<T>, sendsNew = false): Promise<Called<T>> {
    const { stops, cancels } = this.#context;
    const mustStop = (): boolean => this.#context.cancels > cancels || (sendsNew && this.#context.stops > stops);
    const result = await runUntilStopped(mustStop, work);
    return result.kind === 'done' ? result : this.#readError(result.error, result.isStopped);
  }

  async #readError(error: unknown, isStopped: boolean): Promise<Exclude<Called<never>, { kind: 'done' }>> {
    endIfTakenOver(error);
    const { run, report } = this.#context;
    const trouble = readTrouble(error);
    if (trouble !== null) {
      report({ kind: 'trouble', trouble });
      const yielded = this.#context.yieldRoom();
      const { known } = this.#context;
      const batchId = known.batches[0]?.handle.id ?? null;
      await run.notify('waiting', { batchId, trouble, unsent: isUnsent(known), yielded });
      return { kind: 'stopped' };
    }
    const fault = readFinalFailure(error);
    if (fault !== null) {
      this.lastFault = { what: fault, at: Date.now() };
      return { kind: 'failed', fault };
    }
    if (!isStopped && !isOutOfTime(error) && !isGivenUp(error)) throw error;
    // No further attempt fits into the time that is left: if asked again now, it would fail again.
    const leftMs = (this.#context.known.giveUpAt ?? 0) - Date.now();
    if (!isStopped && leftMs > 0) await sleep(leftMs, { summary: 'the time of the batch runs out' });
    report({ kind: 'interrupted' });
    return { kind: 'stopped' };
  }
}
