// The state of a running job, in memory only: a replay rebuilds it from history.

import { defineSearchAttributeKey } from '@temporalio/common';
import { condition, setCurrentDetails, setHandler, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { DeadlinePolicy, JobSettings, PlanSummary } from '../../domain/job.ts';
import { type Budget, openBudget } from '../../domain/money/budget.ts';
import type { ItemReason } from '../../domain/outcome/outcome.ts';
import type { BatchNews, Trouble } from '../../domain/progress/events.ts';
import { addPause, holdsBatches, liftPauses, type Pauses, type Remedy } from '../../domain/progress/pauses.ts';
import type { JobPhase, PauseReason } from '../../domain/progress/status.ts';
import { renderStatusPage } from '../../domain/progress/status-page.ts';
import type { JobReport } from '../../domain/report/report.ts';
import { noTotals, type Totals } from '../../domain/waves/totals.ts';
import { firstWave, type Wave } from '../../domain/waves/waves.ts';
import { AlertLog } from '../alerting.ts';
import { Coordinator } from '../coordinator.ts';
import { statusQuery } from '../messages.ts';
import { computeStatus, findJobAlerts } from './job-status.ts';

const troubleNotes: Readonly<Record<Trouble, string>> = {
  unauthorized: 'the provider refuses the key: give the worker a working one, then resume',
  forbidden: 'the key may not do this: give it the permission, then resume',
  no_money: 'the account has no credit or met its spend limit: raise it, then resume',
};

export class JobRun {
  readonly coordinator: Coordinator;
  readonly startedAt = workflowInfo().startTime.getTime();
  phase: JobPhase = 'opening';
  /** Why the job is paused; it starts nothing new unless this is empty. */
  pauses: Pauses = [];
  /** The current wave. */
  wave: Wave = firstWave;
  /** Retry rounds that have ended. */
  rounds = 0;
  fallbackDone = false;
  budget: Budget = openBudget(null);
  pastDeadline = false;
  cancelled = false;
  /** The reasons that `retryFailed` named, until a wave has taken them up. */
  retryReasons: readonly ItemReason[] | null = null;
  firstPlan: PlanSummary | null = null;
  /** The last wave that has a plan: all waves up to it are merged. */
  lastPlanned = 0;
  /** Batches planned in all waves. */
  plannedBatches = 0;
  /** Called if `setConcurrency` changes the number of places. Segments set it while they run. */
  onConcurrency: () => void = () => undefined;
  /** Null until the report is written. */
  report: JobReport | null = null;
  /** Sums of the waves that have ended. */
  earlierTotals: Totals = noTotals;
  readonly warnings: string[] = [];
  readonly #alertLog = new AlertLog();
  /** The wave that waits to start; null if none does. */
  #waiting: Wave | null = null;
  #opened: { readonly settings: JobSettings; deadline: DeadlinePolicy } | null = null;

  constructor() {
    const switches = { paused: false, endNow: false, concurrency: 1, batchDeadlineMs: 0 };
    this.coordinator = new Coordinator(switches, (news) => this.#applyNews(news));
    this.coordinator.registerHandlers();
    setHandler(statusQuery, () => computeStatus(this), {
      description: 'Phase, wave, counts, tokens, cost and the estimated end.',
    });
  }

  get isOpen(): boolean {
    return this.#opened !== null;
  }

  get settings(): JobSettings {
    return this.#requireOpened().settings;
  }

  /** The settings' deadline, or what `setDeadline` made of it. */
  get deadline(): DeadlinePolicy {
    return this.#requireOpened().deadline;
  }

  open(settings: JobSettings): void {
    this.#opened = { settings, deadline: settings.deadline };
    this.budget = openBudget(settings.budgetUsd);
    Object.assign(this.coordinator.switches, {
      concurrency: settings.concurrency,
      batchDeadlineMs: settings.deadline.batchMs,
    });
    this.#tag('NightshiftProvider', settings.provider);
    if (settings.model !== null) this.#tag('NightshiftModel', settings.model);
  }

  setDeadline(deadline: DeadlinePolicy): void {
    this.#requireOpened().deadline = deadline;
  }

  enterPhase(phase: JobPhase): void {
    this.phase = phase;
    this.#tag('NightshiftPhase', phase);
    this.publish();
  }

  /** Renews alerts and current details. It writes nothing to history, because a query serves the details. */
  publish(): void {
    if (!this.isOpen) return;
    const alerts = findJobAlerts(this);
    this.#alertLog.update(alerts);
    setCurrentDetails(renderStatusPage(computeStatus(this, alerts), Date.now(), this.report));
  }

  /** False if the reason already holds: nothing has changed. */
  pauseFor(reason: PauseReason, note: string): boolean {
    return this.#setPauses(addPause(this.pauses, { reason, since: Date.now(), note }));
  }

  /** False if the remedy lifts none of the reasons: nothing has changed. */
  lift(remedy: Remedy): boolean {
    return this.#setPauses(liftPauses(this.pauses, remedy));
  }

  /** Whether only what is open is ended, and a pause holds nothing back. */
  get isEnding(): boolean {
    return this.mustEnd(this.#waiting ?? this.wave);
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
    this.pauses = pauses;
    this.coordinator.switches.paused = holdsBatches(pauses);
    this.publish();
    return true;
  }

  #requireOpened(): { readonly settings: JobSettings; deadline: DeadlinePolicy } {
    if (this.#opened === null) throw new Error('the job is not open yet');
    return this.#opened;
  }

  #applyNews(news: BatchNews): void {
    if (news.trouble !== undefined) this.pauseFor(news.trouble, troubleNotes[news.trouble]);
    this.publish();
  }

  #tag(name: string, value: string): void {
    // An unregistered search attribute would fail this workflow task forever.
    if (this.#opened?.settings.searchAttributes.includes(name) !== true) return;
    upsertSearchAttributes([{ key: defineSearchAttributeKey(name, 'KEYWORD'), value }]);
  }
}
