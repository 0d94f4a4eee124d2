// Scheduled jobs: Temporal schedules that start `processDataset` with the path of a job file.

import { type Client, type ScheduleDescription, ScheduleOverlapPolicy } from '@temporalio/client';
import { backfillSpan } from '../day.ts';
import { jobText } from '../starting/job-text.ts';

export interface ScheduleOptions {
  /** The path of the job file below the data root. The file is read again at each start. */
  readonly job: string;
  /** Five fields, e.g. "0 2 * * *". */
  readonly cron: string;
  /** The time zone of `cron`. Default UTC. */
  readonly timezone?: string;
  /** A start that was missed while the server was down is caught up on if it is at most this late. Default 2 h. */
  readonly catchupMs?: number;
  /** Delays each start by a random time up to this. Default 0. */
  readonly jitterMs?: number;
  readonly paused?: boolean;
  readonly note?: string;
  readonly taskQueue?: string;
}

export interface BackfillOptions {
  /** Days as YYYY-MM-DD in the schedule's time zone, the last one included, or instants as ISO 8601. */
  readonly from: string;
  readonly to: string;
}

export interface ListedSchedule {
  readonly id: string;
  readonly paused: boolean;
  readonly note: string | null;
  readonly job: string | null;
  readonly cron: string | null;
  readonly timezone: string | null;
  readonly next: string | null;
  readonly last: string | null;
}

export interface DescribedSchedule extends ListedSchedule {
  readonly taskQueue: string;
  readonly catchupMs: number;
  readonly jitterMs: number;
  /** Starts that were skipped because an earlier job was still running. */
  readonly skipped: number;
  readonly missed: number;
  readonly running: readonly string[];
  /** Ids of the jobs started last, the latest first. */
  readonly started: readonly string[];
}

const hourMs = 3_600_000;

export class Schedules {
  readonly #client: Client;
  readonly #taskQueue: string;

  constructor(client: Client, taskQueue: string) {
    this.#client = client;
    this.#taskQueue = taskQueue;
  }

  /** A start is skipped while the previous job runs. After an outage, only starts of the last `catchupMs` are caught up on. */
  async create(scheduleId: string, options: ScheduleOptions): Promise<void> {
    const { job, cron, timezone = 'UTC', catchupMs = 2 * hourMs, jitterMs = 0, paused = false, note } = options;
    await this.#client.schedule.create({
      scheduleId,
      spec: { cronExpressions: [cron], timezone, jitter: jitterMs },
      action: {
        type: 'startWorkflow',
        workflowType: 'processDataset',
        workflowId: scheduleId,
        taskQueue: options.taskQueue ?? this.#taskQueue,
        args: [{ job }],
        staticSummary: jobText({ job }, scheduleId).staticSummary,
      },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: catchupMs },
      state: { paused, ...(note === undefined ? {} : { note }) },
      // The server keeps its parsed form of the cron line, not the line.
      memo: { nightshift: { job, cron, timezone } },
    });
  }

  async *list(): AsyncGenerator<ListedSchedule> {
    for await (const { scheduleId, memo, state, info, action } of this.#client.schedule.list()) {
      if (action?.workflowType === 'processDataset') yield listedSchedule(scheduleId, memo, state, info);
    }
  }

  async describe(id: string): Promise<DescribedSchedule> {
    const { memo, state, info, spec, policies, action } = await this.#client.schedule.getHandle(id).describe();
    return {
      ...listedSchedule(id, memo, state, info),
      // A schedule made with Temporal's own CLI has no `nightshift` memo.
      timezone: spec.timezone ?? 'UTC',
      taskQueue: action.taskQueue,
      catchupMs: policies.catchupWindow,
      jitterMs: Number(spec.jitter ?? 0),
      skipped: info.numActionsSkippedOverlap,
      missed: info.numActionsMissedCatchupWindow,
      running: info.runningActions.map(({ workflow }) => workflow.workflowId),
      started: info.recentActions.map(({ action: { workflow } }) => workflow.workflowId).toReversed(),
    };
  }

  async pause(id: string, note?: string): Promise<void> {
    await this.#client.schedule.getHandle(id).pause(note);
  }

  async resume(id: string, note?: string): Promise<void> {
    await this.#client.schedule.getHandle(id).unpause(note);
  }

  /** Starts the job now, unless the previous one is still running. */
  async trigger(id: string): Promise<void> {
    await this.#client.schedule.getHandle(id).trigger(ScheduleOverlapPolicy.SKIP);
  }

  /** Catches up on every start in a span of the past, one job after the other. */
  async backfill(id: string, { from, to }: BackfillOptions): Promise<void> {
    const handle = this.#client.schedule.getHandle(id);
    const { spec } = await handle.describe();
    const { start, end } = backfillSpan(from, to, spec.timezone ?? 'UTC');
    // With SKIP only the first job would run: the others would be skipped because it is still running.
    await handle.backfill({ start, end, overlap: ScheduleOverlapPolicy.BUFFER_ALL });
  }

  async delete(id: string): Promise<void> {
    await this.#client.schedule.getHandle(id).delete();
  }
}

function listedSchedule(
  id: string,
  memo: Record<string, unknown> | undefined,
  { paused, note }: { readonly paused: boolean; readonly note?: string },
  { nextActionTimes, recentActions }: Pick<ScheduleDescription['info'], 'nextActionTimes' | 'recentActions'>,
): ListedSchedule {
  const own = memo?.nightshift;
  const text = (name: string): string | null => {
    const value: unknown = typeof own === 'object' && own !== null ? Reflect.get(own, name) : null;
    return typeof value === 'string' ? value : null;
  };
  return {
    id,
    paused,
    note: note === undefined || note === '' ? null : note,
    job: text('job'),
    cron: text('cron'),
    timezone: text('timezone'),
    next: paused ? null : (nextActionTimes[0]?.toISOString() ?? null),
    last: recentActions.at(-1)?.takenAt.toISOString() ?? null,
  };
}
