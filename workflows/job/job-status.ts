// Computes a job's status and alerts from its state, and answers its queries. Reads only.

import { setHandler, workflowInfo } from '@temporalio/workflow';
import { listAccountQueues } from '../../domain/account-queue.ts';
import { computeNextPoll } from '../../domain/batch/backoff.ts';
import type { DeadlinePolicy, JobSettings, PlanSummary } from '../../domain/job.ts';
import { pageMax } from '../../domain/limits.ts';
import type { Budget } from '../../domain/money/budget.ts';
import { type Forecast, forecast, readWhole } from '../../domain/money/forecast.ts';
import { addCounts, type Counts, type ItemReason, itemReasons, sumCounts } from '../../domain/outcome/outcome.ts';
import { type Alert, countFailures, findAlerts, findNoProgressAt } from '../../domain/progress/alerts.ts';
import { countOpen } from '../../domain/progress/events.ts';
import { choosePhase, type Ending, listHolding } from '../../domain/progress/pauses.ts';
import { estimateEnd, type JobStatus } from '../../domain/progress/status.ts';
import type { JobReport } from '../../domain/report/report.ts';
import type { JudgedStep } from '../../domain/waves/rollout.ts';
import { addTotals, type Totals } from '../../domain/waves/totals.ts';
import type { Wave } from '../../domain/waves/waves.ts';
import type { Coordinator } from '../coordinator.ts';
import { eventsQuery, statusQuery } from '../messages.ts';
import type { LeftItems } from './carried-job.ts';

/** A job's state as far as its status shows it. */
export interface JobFacts extends Ending, Pick<JobStatus, 'pauses' | 'startedAt'> {
  readonly coordinator: Coordinator;
  readonly budget: Budget;
  readonly firstPlan: PlanSummary | null;
  readonly wave: Wave;
  readonly plannedBatches: number;
  readonly earlierTotals: Totals;
  readonly warnings: readonly string[];
  readonly judged: JudgedStep | null;
  readonly left: LeftItems;
  readonly report: JobReport | null;
  readonly isOpen: boolean;
  readonly settings: JobSettings;
  readonly deadline: DeadlinePolicy;
  readonly retryReasons: readonly ItemReason[] | null;
}

export function registerQueries(job: JobFacts): void {
  setHandler(statusQuery, (askedAt) => computeStatus(job, undefined, askedAt), {
    description: 'Phase, wave, counts, tokens, cost and the estimated end.',
  });
  setHandler(
    eventsQuery,
    (after = 0) => ({ status: computeStatus(job), collected: job.coordinator.collected.list(after, pageMax) }),
    {
      description:
        'The status, and what was collected after a number: [wave, batch] each, and the last place of a chunk.',
    },
  );
}

export function computeStatus(job: JobFacts, alerts = findJobAlerts(job), askedAt?: number): JobStatus {
  const { coordinator, budget, startedAt, firstPlan } = job;
  const { usd: estimateUsd, mostUsd = null } = (firstPlan?.whole ?? firstPlan)?.estimate ?? { usd: null };
  const pauses = listHolding(job.pauses, job);
  const totals = sumTotals(job);
  const rows = firstPlan?.rows ?? { rows: 0, accepted: 0, refused: 0, duplicates: 0, carriedOver: 0 };
  const done = totals.answered + rows.carriedOver + coordinator.table.countDoneInOpen();
  const accepted = rows.accepted + rows.carriedOver;
  const byStage = coordinator.countStates();
  return {
    phase: choosePhase(job.pauses, job),
    pause: pauses[0] ?? null,
    pauses,
    wave: job.wave.number,
    waveKind: job.wave.kind,
    rows,
    items: readReportedItems(job) ?? countItems(job, totals, rows),
    batches: {
      planned: job.plannedBatches,
      notStarted: Math.max(0, job.plannedBatches - sumCounts(byStage)),
      open: countOpen(byStage),
      done: totals.batches,
      byStage,
    },
    progress: job.report === null ? countShare(done + sumCounts(totals.rejected), accepted) : 1,
    capacity: coordinator.capacityWaits,
    tokens: { input: totals.usage.input ?? 0, output: totals.usage.output ?? 0 },
    costUsd: totals.costUsd,
    unpriced: totals.unpriced?.items ?? 0,
    estimateUsd,
    mostUsd,
    forecast: forecastJob(job, totals),
    budgetUsd: budget.capUsd,
    concurrency: job.isOpen ? coordinator.switches.concurrency : null,
    deadline: job.isOpen ? job.deadline : null,
    retryReasons: job.retryReasons,
    lastFault: coordinator.lastFault,
    startedAt,
    estimatedEndAt: estimateEnd(startedAt, Date.now(), done, accepted),
    nextLookAt: findNextPoll(job, readTime(askedAt)),
    alerts: [...job.warnings, ...alerts.map(({ text }) => text)],
    output: job.isOpen ? job.settings.output : '',
    rollout: job.judged,
    accountQueues: job.isOpen ? listAccountQueues(workflowInfo().taskQueue, job.settings) : [],
  };
}

export function findJobAlerts(job: JobFacts): readonly Alert[] {
  const { coordinator, budget, phase } = job;
  const { items, rejected } = sumTotals(job);
  return findAlerts({
    now: Date.now(),
    pauses: listHolding(job.pauses, job),
    running: phase === 'running',
    dueAt: findDueAt(job),
    movedAt: coordinator.movedAt,
    late: coordinator.countLate(),
    earlierChild: coordinator.earlierChild,
    budget,
    items,
    failed: countFailures(rejected) + countFailures(coordinator.totals.retryable),
  });
}

/** When the job should have ended; null if nobody said, or if it has ended. */
function findDueAt(job: JobFacts): number | null {
  const slaMs = job.isOpen ? job.settings.slaMs : undefined;
  return slaMs === undefined || job.report !== null ? null : job.startedAt + slaMs;
}

/** When time alone may next raise an alert; null if only news can. */
export function findNextAlertAt(job: JobFacts): number | null {
  const dueAt = findDueAt(job);
  const otherAt = findNextOtherAt(job);
  if (dueAt === null || dueAt < Date.now()) return otherAt;
  return Math.min(otherAt ?? dueAt + 1, dueAt + 1);
}

function findNextOtherAt(job: JobFacts): number | null {
  const { coordinator, phase } = job;
  const lateAt = coordinator.findNextLateAt();
  const stillAt = findNoProgressAt(coordinator.movedAt);
  if (phase !== 'running' || job.pauses.length > 0 || stillAt <= Date.now()) return lateAt;
  return Math.min(lateAt ?? stillAt, stillAt);
}

function forecastJob({ firstPlan, report, wave }: JobFacts, { spending }: Totals): Forecast | null {
  const plan = firstPlan?.whole ?? firstPlan;
  return plan === null || report !== null ? null : forecast(spending, readWhole(plan, wave.kind === 'fallback'));
}

const countShare = (done: number, all: number): number => (all === 0 ? 0 : Math.min(1, done / all));

const sumTotals = (job: JobFacts): Totals => addTotals(job.earlierTotals, job.coordinator.totals);

/** Once the report is written, its counts are final. */
function readReportedItems({ report }: JobFacts): JobStatus['items'] | null {
  if (report === null) return null;
  const { rows, errorsByReason } = report;
  const none = { underWay: 0, notStarted: 0, toRetry: 0 };
  return { answered: rows.answered, ...none, failed: rows.failed, byReason: errorsByReason };
}

function countItems(job: JobFacts, totals: Totals, rows: JobStatus['rows']): JobStatus['items'] {
  const failed = sumCounts(totals.rejected);
  const carriedInDoubt = rows.carriedInDoubt ?? 0;
  return {
    answered: totals.answered + rows.carriedOver - carriedInDoubt,
    ...countUnsettled(job, rows.accepted - totals.answered - failed),
    failed: failed + carriedInDoubt,
    byReason: addCounts(countReasons(job, totals), carriedInDoubt === 0 ? {} : { in_doubt: carriedInDoubt }),
  };
}

/** What an item is that neither has an answer nor has failed. After the first wave, or the last step of a rollout, each was sent before. */
function countUnsettled(
  { coordinator, earlierTotals, firstPlan, left }: JobFacts,
  unsettled: number,
): Pick<JobStatus['items'], 'underWay' | 'notStarted' | 'toRetry'> {
  const underWay = Math.max(0, Math.min(unsettled, coordinator.countItemsUnderWay()));
  const wereAllSent = earlierTotals.items >= ((firstPlan?.whole ?? firstPlan)?.items ?? 0);
  const rest = Math.max(0, unsettled - underWay);
  const retryable = sumCounts(coordinator.totals.retryable) + sumCounts(left.retryable);
  const toRetry = wereAllSent ? rest : Math.min(rest, retryable);
  return { underWay, notStarted: rest - toRetry, toRetry };
}

/** Items without an answer so far: failed ones, and those of this wave that the next one may send again. */
function countReasons({ coordinator }: JobFacts, { rejected }: Totals): Counts {
  const counts: Partial<Record<ItemReason, number>> = {};
  for (const reason of itemReasons) {
    const count = (rejected[reason] ?? 0) + (coordinator.totals.retryable[reason] ?? 0);
    if (count > 0) counts[reason] = count;
  }
  return counts;
}

/** About when the next poll is due. A batch's age decides when it is polled. */
function findNextPoll(job: JobFacts, now: number): number | null {
  if (!job.isOpen) return null;
  const polls = [...job.coordinator.table.listCreationTimes()].map((at) => computeNextPoll(at, job.settings.poll, now));
  return polls.length === 0 ? null : Math.min(...polls);
}

/** A job without news for longer does not exist, so a later time is a mistake. Computing a poll takes as long as the time is far. */
const silenceMaxMs = 30 * 86_400_000;

/** Anyone may ask, with anything. */
function readTime(askedAt: unknown): number {
  const now = Date.now();
  return typeof askedAt === 'number' && askedAt > now && askedAt < now + silenceMaxMs ? askedAt : now;
}
