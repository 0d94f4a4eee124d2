// A running job's state and what people may ask of it: memory only, rebuilt by replay.

import { defineSearchAttributeKey } from '@temporalio/common';
import { condition, setCurrentDetails, setHandler, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { computeNextPoll } from '../../domain/batch/backoff.ts';
import type { DeadlinePolicy, JobSettings, PlanSummary } from '../../domain/job.ts';
import { type Budget, openBudget } from '../../domain/money/budget.ts';
import { type Counts, type ItemReason, itemReasons, sumCounts } from '../../domain/outcome/outcome.ts';
import { type Alert, findAlerts } from '../../domain/progress/alerts.ts';
import { type BatchNews, countOpen } from '../../domain/progress/events.ts';
import { estimatedEnd, type JobPhase, type JobStatus, type Pause } from '../../domain/progress/status.ts';
import { statusPage } from '../../domain/progress/status-page.ts';
import type { JobReport } from '../../domain/report/report.ts';
import { addTotals, noTotals, type Totals } from '../../domain/waves/totals.ts';
import { firstWave, type Wave } from '../../domain/waves/waves.ts';
import { Alarm } from '../alerting.ts';
import { Coordinator } from '../coordinator.ts';
import { statusQuery } from '../messages.ts';

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
  /** The last wave that has a plan: what is merged. */
  lastPlanned = 0;
  planned = 0;
  /** Set while segments share the places between them. */
  onConcurrency: () => void = () => undefined;
  /** The last word on every row, once it is written. */
  report: JobReport | null = null;
  /** Sums of the waves that have been. */
  past: Totals = noTotals;
  readonly warnings: string[] = [];
  readonly #alarm = new Alarm();

  constructor() {
    const switches = { paused: false, endNow: false, concurrency: 1, batchDeadlineMs: 0 };
    this.coordinator = new Coordinator(switches, (news) => this.#hear(news));
    this.coordinator.listen();
    setHandler(statusQuery, () => this.status(), {
      description: 'Phase, wave, counts, tokens, cost and the estimated end.',
    });
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
    if (this.settings === null) return;
    const alerts = this.#alerts();
    this.#alarm.sound(alerts);
    setCurrentDetails(statusPage(this.status(alerts), Date.now(), this.report));
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

  /** What a job is told while it opens waits until there are settings to change. */
  async untilOpen(): Promise<void> {
    await condition(() => this.settings !== null);
  }

  async untilResumed(wave: Wave): Promise<void> {
    await condition(() => this.pause === null || this.mustEnd(wave));
  }

  status(alerts = this.#alerts()): JobStatus {
    const totals = this.#totals;
    const rows = this.firstPlan?.rows ?? { rows: 0, accepted: 0, refused: 0, duplicates: 0, carriedOver: 0 };
    const answered = totals.answered + rows.carriedOver;
    const done = answered + this.coordinator.doneUnderWay();
    const byStage = this.coordinator.stages();
    const rejected = sumCounts(totals.rejected);
    return {
      phase: this.pause === null ? this.phase : 'paused',
      pause: this.pause,
      wave: this.wave.number,
      waveKind: this.wave.kind,
      rows,
      items: this.#reported() ?? {
        answered,
        underWay: Math.max(0, rows.accepted - totals.answered - rejected),
        failed: rejected,
        byReason: this.#reasons(totals),
      },
      batches: { planned: this.planned, open: countOpen(byStage), done: totals.batches, byStage },
      tokens: { input: totals.usage.input ?? 0, output: totals.usage.output ?? 0 },
      costUsd: totals.costUsd,
      estimateUsd: this.firstPlan?.estimate.usd ?? null,
      budgetUsd: this.budget.capUsd,
      startedAt: this.startedAt,
      estimatedEndAt: estimatedEnd(this.startedAt, Date.now(), done, rows.accepted + rows.carriedOver),
      nextLookAt: this.#nextLookAt(),
      alerts: [...this.warnings, ...alerts.map(({ text }) => text)],
      output: this.settings?.output ?? '',
    };
  }

  #reported(): JobStatus['items'] | null {
    if (this.report === null) return null;
    const { rows, errorsByReason } = this.report;
    return { answered: rows.answered, underWay: 0, failed: rows.failed, byReason: errorsByReason };
  }

  #reasons(totals: Totals): Counts {
    const counts: Partial<Record<ItemReason, number>> = {};
    for (const reason of itemReasons) {
      const count = (totals.rejected[reason] ?? 0) + (this.coordinator.totals.retryable[reason] ?? 0);
      if (count > 0) counts[reason] = count;
    }
    return counts;
  }

  get #totals(): Totals {
    return addTotals(this.past, this.coordinator.totals);
  }

  #alerts(): readonly Alert[] {
    const { coordinator, pause, budget, phase } = this;
    const totals = this.#totals;
    return findAlerts({
      now: Date.now(),
      pause,
      running: phase === 'running',
      movedAt: coordinator.movedAt,
      late: coordinator.late(),
      budget,
      items: totals.items,
      failed: sumCounts(totals.rejected) + sumCounts(coordinator.totals.retryable),
    });
  }

  /** About when the provider is looked at next: batches are looked at by their age. */
  #nextLookAt(): number | null {
    if (this.settings === null) return null;
    const now = Date.now();
    const looks = [...this.coordinator.underWay()].map((createdAt) =>
      computeNextPoll(createdAt, this.opened.poll, now),
    );
    return looks.length === 0 ? null : Math.min(...looks);
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
}
