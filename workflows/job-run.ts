// A running job's state, and what people may ask and change of it: memory only, rebuilt by replay.

import { defineSearchAttributeKey } from '@temporalio/common';
import { condition, setCurrentDetails, setHandler, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { type Budget, openBudget } from '../domain/budget.ts';
import { parseDuration } from '../domain/duration.ts';
import type { BatchNews } from '../domain/events.ts';
import type { DeadlinePolicy, JobSettings, PlanSummary } from '../domain/job.ts';
import { type Counts, countOf, type ItemReason, itemReasons } from '../domain/outcome.ts';
import { estimatedEnd, type JobPhase, type JobStatus, type Pause, statusPage } from '../domain/status.ts';
import { addTotals, noTotals, type Totals } from '../domain/totals.ts';
import { firstWave, type Wave } from '../domain/waves.ts';
import { Coordinator } from './coordinator.ts';
import {
  type DeadlineChange,
  pauseUpdate,
  resumeUpdate,
  retryFailedUpdate,
  setBudgetUpdate,
  setConcurrencyUpdate,
  setDeadlineUpdate,
  statusQuery,
} from './messages.ts';
import { checkDeadline, must } from './update-checks.ts';

interface RetryRequest {
  readonly reasons?: readonly ItemReason[];
}

const troubleNotes = {
  unauthorized: 'the provider refuses the key: give the worker a working one, then resume',
  forbidden: 'the key may not do this: give it the permission, then resume',
  no_money: 'the account has no credit or met its spend limit: raise it, then resume',
} as const;

export class JobRun {
  readonly coordinator: Coordinator;
  readonly startedAt = workflowInfo().startTime.getTime();
  settings: JobSettings | null = null;
  phase: JobPhase = 'opening';
  pause: Pause | null = null;
  wave: Wave = firstWave;
  rounds = 0;
  fallbackDone = false;
  budget: Budget = openBudget(null);
  deadline: DeadlinePolicy | null = null;
  pastDeadline = false;
  cancelled = false;
  again: readonly ItemReason[] | null = null;
  firstPlan: PlanSummary | null = null;
  planned = 0;
  /** Sums of the waves that have been. */
  past: Totals = noTotals;
  readonly warnings: string[] = [];

  constructor() {
    const switches = { paused: false, endNow: false, concurrency: 1, batchDeadlineMs: 0 };
    this.coordinator = new Coordinator(switches, (news) => this.#hear(news));
    this.#listen();
  }

  get opened(): JobSettings {
    if (this.settings === null) throw new Error('the job is not open yet');
    return this.settings;
  }

  open(settings: JobSettings): void {
    this.settings = settings;
    this.budget = openBudget(this.budget.capUsd ?? settings.budgetUsd);
    this.deadline ??= settings.deadline;
    Object.assign(this.coordinator.switches, {
      concurrency: settings.concurrency,
      batchDeadlineMs: this.deadline.batchMs,
    });
    this.#tag('NightshiftProvider', settings.provider);
    if (settings.model !== null) this.#tag('NightshiftModel', settings.model);
  }

  enter(phase: JobPhase): void {
    this.phase = phase;
    this.#tag('NightshiftPhase', phase);
    this.changed();
  }

  /** Writes nothing to history: the page is served by a query. */
  changed(): void {
    if (this.settings !== null) setCurrentDetails(statusPage(this.status(), Date.now()));
  }

  stopFor(reason: Pause['reason'], note: string): void {
    if (this.pause !== null) return;
    this.pause = { reason, since: Date.now(), note };
    this.coordinator.switches.paused = true;
    this.changed();
  }

  /** Past its deadline a job begins nothing more, unless it falls back: that wave is what the deadline calls for. */
  mustEnd(wave: Wave): boolean {
    const fallsBack = wave.kind === 'fallback' && (this.deadline ?? this.opened.deadline).then === 'fallback';
    return this.pastDeadline && !fallsBack;
  }

  async untilResumed(wave: Wave): Promise<void> {
    await condition(() => this.pause === null || this.mustEnd(wave));
  }

  status(): JobStatus {
    const totals = addTotals(this.past, this.coordinator.totals);
    const rows = this.firstPlan?.rows ?? { rows: 0, accepted: 0, refused: 0, duplicates: 0, carriedOver: 0 };
    const answered = totals.answered + rows.carriedOver;
    const done = answered + this.coordinator.doneUnderWay();
    const rejected = countOf(totals.rejected);
    return {
      phase: this.pause === null ? this.phase : 'paused',
      pause: this.pause,
      wave: this.wave.number,
      waveKind: this.wave.kind,
      rows,
      items: {
        answered,
        underWay: Math.max(0, rows.accepted - totals.answered - rejected),
        failed: rejected,
        byReason: this.#reasons(totals),
      },
      batches: { planned: this.planned, open: this.coordinator.openBatches, done: totals.batches },
      tokens: { input: totals.usage.input ?? 0, output: totals.usage.output ?? 0 },
      costUsd: totals.costUsd,
      estimateUsd: this.firstPlan?.estimate.usd ?? null,
      budgetUsd: this.budget.capUsd,
      startedAt: this.startedAt,
      estimatedEndAt: estimatedEnd(this.startedAt, Date.now(), done, rows.accepted + rows.carriedOver),
      alerts: this.#alerts(totals),
      output: this.settings?.output ?? '',
    };
  }

  #reasons(totals: Totals): Counts {
    const counts: Partial<Record<ItemReason, number>> = {};
    for (const reason of itemReasons) {
      const count = (totals.rejected[reason] ?? 0) + (this.coordinator.totals.retryable[reason] ?? 0);
      if (count > 0) counts[reason] = count;
    }
    return counts;
  }

  #alerts(totals: Totals): string[] {
    const alerts = [...this.warnings];
    if (this.pause !== null) alerts.push(`paused: ${this.pause.note}`);
    const { capUsd, settledUsd } = this.budget;
    if (capUsd !== null && settledUsd >= 0.8 * capUsd)
      alerts.push(`${Math.round((100 * settledUsd) / capUsd)}% of the budget is spent`);
    const failed = countOf(totals.rejected) + countOf(this.coordinator.totals.retryable);
    if (totals.items > 0 && failed / totals.items > 0.05) alerts.push('more than 5% of the items failed so far');
    return alerts;
  }

  #hear(news: BatchNews): void {
    if (news.trouble !== undefined) this.stopFor(news.trouble, troubleNotes[news.trouble]);
    this.changed();
  }

  #tag(name: string, value: string): void {
    // An unregistered one would fail this task for ever.
    if (this.settings?.searchAttributes.includes(name) !== true) return;
    upsertSearchAttributes([{ key: defineSearchAttributeKey(name, 'KEYWORD'), value }]);
  }

  #listen(): void {
    setHandler(statusQuery, () => this.status(), {
      description: 'Phase, wave, counts, tokens, cost and the estimated end.',
    });
    setHandler(pauseUpdate, (input) => this.#pause(input?.note), {
      description: 'Stage and create nothing more; what runs is still collected.',
    });
    setHandler(resumeUpdate, () => this.#resume(), {
      description: 'Go on after a pause, or after trouble with a key or money was mended.',
    });
    setHandler(setConcurrencyUpdate, (input) => this.#setConcurrency(input.concurrency), {
      validator: (input) =>
        must(
          Number.isInteger(input?.concurrency) && input.concurrency >= 1 && input.concurrency <= 500,
          '{"concurrency": 1 to 500}',
        ),
      description: 'Batches under way at once: {"concurrency": 20}.',
    });
    setHandler(setBudgetUpdate, (input) => this.#setBudget(input.usd), {
      validator: (input) =>
        must(
          input?.usd === null || (typeof input?.usd === 'number' && input.usd >= 0),
          '{"usd": a number, or null for none}',
        ),
      description: 'What the job may spend: {"usd": 25}.',
    });
    setHandler(setDeadlineUpdate, (input) => this.#setDeadline(input), {
      validator: checkDeadline,
      description: 'Deadlines: {"batch": "12h", "job": "30h", "then": "fallback"}.',
    });
    setHandler(retryFailedUpdate, (input?: RetryRequest) => this.#retryFailed(input?.reasons), {
      validator: (input?: RetryRequest) =>
        must(
          (input?.reasons ?? []).every((reason) => itemReasons.includes(reason)),
          `{"reasons": some of ${itemReasons.join(', ')}}`,
        ),
      description:
        'Send failed items again in one more round: {"reasons": ["truncated"]}; without reasons all but in_doubt.',
    });
  }

  async #pause(note = 'paused by a person'): Promise<JobStatus> {
    this.stopFor('person', note);
    await this.coordinator.pause();
    return this.status();
  }

  async #resume(): Promise<JobStatus> {
    this.pause = null;
    await this.coordinator.resume();
    this.changed();
    return this.status();
  }

  #setConcurrency(concurrency: number): JobStatus {
    this.coordinator.switches.concurrency = concurrency;
    this.changed();
    return this.status();
  }

  async #setBudget(usd: number | null): Promise<JobStatus> {
    this.budget = { ...this.budget, capUsd: usd };
    // A job that waits for a larger budget goes on by itself; one that a person paused does not.
    if (this.pause?.reason === 'budget') await this.#resume();
    return this.status();
  }

  async #setDeadline(change: DeadlineChange): Promise<JobStatus> {
    const before = this.deadline ?? this.opened.deadline;
    const batchMs = change.batch === undefined ? before.batchMs : (parseDuration(change.batch) ?? before.batchMs);
    const jobMs = change.job === undefined ? before.jobMs : change.job === null ? null : parseDuration(change.job);
    // biome-ignore lint/suspicious/noThenProperty: the public name of a choice, and never a function.
    this.deadline = { batchMs, jobMs, then: change.then ?? before.then };
    await this.coordinator.setBatchDeadline(batchMs);
    return this.status();
  }

  #retryFailed(reasons: readonly ItemReason[] = itemReasons.filter((reason) => reason !== 'in_doubt')): JobStatus {
    this.again = [...new Set([...(this.again ?? []), ...reasons])];
    return this.status();
  }
}
