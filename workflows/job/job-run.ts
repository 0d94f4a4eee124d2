// The state of a running job, in memory only: a replay rebuilds it from history.

import { allHandlersFinished, condition, continueAsNew, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { JobRef } from '../../domain/ids.ts';
import type { DeadlinePolicy, JobSettings, PlanSummary } from '../../domain/job.ts';
import { type Budget, openBudget } from '../../domain/money/budget.ts';
import type { ItemReason } from '../../domain/outcome/outcome.ts';
import { CollectedLog } from '../../domain/progress/collected.ts';
import type { BatchNews } from '../../domain/progress/events.ts';
import {
  addPause,
  choosePhase,
  holdsBatches,
  liftPauses,
  type Pauses,
  type Remedy,
  troubleNotes,
} from '../../domain/progress/pauses.ts';
import { acknowledge, describeRefusals, mustPause, type Refusals } from '../../domain/progress/refusals.ts';
import type { JobPhase, PauseReason } from '../../domain/progress/status.ts';
import { renderStatusPage } from '../../domain/progress/status-page.ts';
import type { JobReport } from '../../domain/report/report.ts';
import type { JudgedStep } from '../../domain/waves/rollout.ts';
import { noTotals, type Totals } from '../../domain/waves/totals.ts';
import { firstWave, type Wave } from '../../domain/waves/waves.ts';
import { AlertLog } from '../alerting.ts';
import { Coordinator } from '../coordinator.ts';
import { listsShowPauses, ProgressMemo, tagJob } from '../progress-memo.ts';
import { JobMessages } from '../webhook/job-messages.ts';
import {
  type CarriedJob,
  type JobProgress,
  type LeftItems,
  nothingLeft,
  type Place,
  pickCoordinated,
  pickProgress,
} from './carried-job.ts';
import { computeStatus, findJobAlerts } from './job-status.ts';

export class JobRun implements JobProgress {
  readonly coordinator: Coordinator;
  readonly messages: JobMessages;
  startedAt = workflowInfo().startTime.getTime();
  phase: JobPhase = 'opening';
  pauses: Pauses = [];
  wave: Wave = firstWave;
  rounds = 0;
  fallbackDone = false;
  budget: Budget = openBudget(null);
  fallbackUsd = 0;
  pastDeadline = false;
  cancelled = false;
  retryReasons: readonly ItemReason[] | null = null;
  firstPlan: PlanSummary | null = null;
  lastPlan: PlanSummary | null = null;
  plannedBatches = 0;
  /** Called if `setConcurrency` changes the number of places. Segments set it while they run. */
  onConcurrency: () => void = () => undefined;
  /** Null until the report is written. */
  report: JobReport | null = null;
  left: LeftItems = nothingLeft;
  earlierTotals: Totals = noTotals;
  warnings: readonly string[] = [];
  judged: JudgedStep | null = null;
  /** Where this run of the job continues. */
  readonly place: Place;
  readonly #alertLog: AlertLog;
  readonly #memo = new ProgressMemo();
  /** Ends when the children know of the last pause or resume. */
  #told: Promise<void> = Promise.resolve();
  /** The wave that waits to start; null if none does. */
  #waiting: Wave | null = null;
  #opened: { readonly settings: JobSettings; deadline: DeadlinePolicy } | null = null;

  /** `carried` is the state of the run before this one. */
  constructor(carried: CarriedJob | null) {
    this.place = carried?.place ?? { kind: 'before', wave: firstWave };
    this.#alertLog = new AlertLog(carried?.alerts);
    this.messages = new JobMessages(this, carried?.told);
    const switches = { paused: false, turn: 0, endNow: false, concurrency: 1, batchDeadlineMs: 0 };
    this.coordinator = new Coordinator(switches, true, (news) => this.#applyNews(news));
    if (carried !== null) this.#takeOver(carried);
    this.coordinator.onRefusals = () => this.pauseIfRefused(mustPause);
    this.coordinator.registerHandlers();
  }

  get isOpen(): boolean {
    return this.#opened !== null;
  }

  get settings(): JobSettings {
    return this.#requireOpened().settings;
  }

  /** What every activity of the job is given. */
  get ref(): JobRef {
    const { output, nonce } = this.settings;
    return { output, nonce };
  }

  /** The settings' deadline, or what `setDeadline` made of it. */
  get deadline(): DeadlinePolicy {
    return this.#requireOpened().deadline;
  }

  open(settings: JobSettings): void {
    this.#opened = { settings, deadline: settings.deadline };
    this.budget = openBudget(settings.budgetUsd);
    this.warnings = settings.warnings ?? [];
    const { concurrency, deadline } = settings;
    Object.assign(this.coordinator.switches, { concurrency, batchDeadlineMs: deadline.batchMs });
    tagJob(settings, 'NightshiftProvider', settings.provider);
    if (settings.model !== null) tagJob(settings, 'NightshiftModel', settings.model);
    this.messages.update();
  }

  /**
   * Continues as a new run with a short history. Nothing of the job may be running. Updates that have not ended yet end first. Never
   * returns.
   */
  async continueAt(place: Place): Promise<never> {
    await condition(() => allHandlersFinished() && this.messages.isIdle);
    // The input may be large, and its only use was to open the job.
    return continueAsNew<(input: unknown, carried: CarriedJob) => Promise<JobReport>>(null, this.#carry(place));
  }

  setDeadline(deadline: DeadlinePolicy): void {
    this.#requireOpened().deadline = deadline;
  }

  enterPhase(phase: JobPhase): void {
    this.phase = phase;
    const shown = choosePhase(this.pauses, this);
    if (this.isOpen) tagJob(this.settings, 'NightshiftPhase', shown === phase || listsShowPauses() ? shown : phase);
    this.publish();
  }

  /** Renews alerts, current details and, in steps, the memo. The details write nothing to history, because a query serves them. */
  publish(): void {
    if (!this.isOpen) return;
    const alerts = findJobAlerts(this);
    this.#alertLog.update(alerts);
    this.messages.update();
    const status = computeStatus(this, alerts);
    setCurrentDetails(renderStatusPage(status, Date.now(), this.report));
    if (this.report === null) this.#memo.update(status.progress);
  }

  /** False if the reason already holds: nothing has changed. */
  pauseFor(reason: PauseReason, note: string): boolean {
    return this.#setPauses(addPause(this.pauses, { reason, since: Date.now(), note }));
  }

  /** Pauses if the provider's refusals in a row are a reason to. */
  pauseIfRefused(isReason: (refusals: Refusals) => boolean): void {
    const { refusals } = this.coordinator;
    if (isReason(refusals)) this.pauseFor('refused', describeRefusals(refusals));
  }

  /** False if the remedy lifts none of the reasons: nothing has changed. */
  lift(remedy: Remedy): boolean {
    if (remedy === 'resume') this.coordinator.refusals = acknowledge(this.coordinator.refusals);
    return this.#setPauses(liftPauses(this.pauses, remedy));
  }

  /** Waits until the children know whether the job is paused. Never fails. */
  untilTold(): Promise<void> {
    return this.#told;
  }

  warn(warning: string): void {
    this.warnings = [...this.warnings, warning];
  }

  /** Whether only what is open is ended, and a pause holds nothing back. */
  get isEnding(): boolean {
    return this.mustEnd(this.#waiting ?? this.wave);
  }

  /** Where an earlier run of the job stopped inside the wave; null if the wave begins in this run. */
  findPlaceInside({ number }: Wave): Extract<Place, { kind: 'inside' }> | null {
    return this.place.kind === 'inside' && this.place.wave.number === number ? this.place : null;
  }

  /** After its deadline a job starts nothing more, except the fallback wave if the deadline asks for it. */
  mustEnd(wave: Wave): boolean {
    const fallsBack = wave.kind === 'fallback' && this.deadline.then === 'fallback';
    return this.pastDeadline && !fallsBack;
  }

  /** An update that arrives while the job opens waits until there are settings to change. */
  async awaitOpened(): Promise<void> {
    await condition(() => this.isOpen);
  }

  async awaitResumed(wave: Wave): Promise<void> {
    this.#waiting = wave;
    await condition(() => this.pauses.length === 0 || this.mustEnd(wave));
    this.#waiting = null;
  }

  #setPauses(pauses: Pauses): boolean {
    if (pauses === this.pauses) return false;
    const before = choosePhase(this.pauses, this);
    this.pauses = pauses;
    const shown = choosePhase(pauses, this);
    if (shown !== before && this.isOpen && listsShowPauses()) tagJob(this.settings, 'NightshiftPhase', shown);
    const paused = holdsBatches(pauses);
    if (paused !== this.coordinator.switches.paused) this.#told = this.coordinator.setPaused(paused);
    this.publish();
    return true;
  }

  #takeOver(carried: CarriedJob): void {
    const { settings, deadline, concurrency, movedAt, refusals, allowance } = carried;
    Object.assign(this, pickProgress(carried));
    this.#opened = { settings, deadline };
    this.phase = carried.cancelled ? 'cancelling' : carried.place.kind === 'finish' ? 'merging' : 'running';
    Object.assign(this.coordinator, { movedAt, refusals, allowance, lastFault: carried.lastFault ?? null });
    this.coordinator.collected = new CollectedLog(workflowInfo().runId, carried.collected);
    this.coordinator.capacity.known = carried.capacity ?? {};
    const paused = holdsBatches(this.pauses);
    Object.assign(this.coordinator.switches, { paused, concurrency, batchDeadlineMs: deadline.batchMs });
  }

  #carry(place: Place): CarriedJob {
    const { settings, deadline } = this;
    const [alerts, told] = [this.#alertLog.raised, this.messages.told];
    return { ...pickProgress(this), ...pickCoordinated(this.coordinator), place, settings, deadline, alerts, told };
  }

  #requireOpened(): { readonly settings: JobSettings; deadline: DeadlinePolicy } {
    if (this.#opened === null) throw new Error('the job is not open yet');
    return this.#opened;
  }

  #applyNews(news: BatchNews): void {
    if (news.trouble !== undefined) this.pauseFor(news.trouble, troubleNotes[news.trouble]);
    this.publish();
  }
}
