// Jobs from a program: start, watch, change and end them, over a Temporal client.

import type { Client, WorkflowHandle } from '@temporalio/client';
import type { ItemReason } from '../domain/outcome.ts';
import type { JobReport } from '../domain/report.ts';
import type { JobStatus } from '../domain/status.ts';
import {
  type BatchesRequest,
  type BatchPage,
  batchesQuery,
  type DeadlineChange,
  pauseUpdate,
  resumeUpdate,
  retryFailedUpdate,
  setBudgetUpdate,
  setConcurrencyUpdate,
  setDeadlineUpdate,
  statusQuery,
} from '../workflows/messages.ts';

export type { BatchesRequest, BatchPage, DeadlineChange, ItemReason, JobReport, JobStatus };

export interface StartOptions {
  /** The workflow's id: also the name of the default output. */
  readonly id: string;
  readonly taskQueue?: string;
}

/** Milliseconds between two looks at a job that is followed. */
const followEveryMs = 1000;

export class Nightshift {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** `job` is a job, or `{ job: "<path below the data root>" }`. */
  async start(job: unknown, { id, taskQueue = 'nightshift' }: StartOptions): Promise<void> {
    await this.#client.workflow.start('processDataset', { workflowId: id, taskQueue, args: [job] });
  }

  status(id: string): Promise<JobStatus> {
    return this.#handle(id).query(statusQuery);
  }

  batches(id: string, request: BatchesRequest = {}): Promise<BatchPage> {
    return this.#handle(id).query(batchesQuery, request);
  }

  pause(id: string, note?: string): Promise<JobStatus> {
    return this.#handle(id).executeUpdate(pauseUpdate, { args: [note === undefined ? {} : { note }] });
  }

  resume(id: string): Promise<JobStatus> {
    return this.#handle(id).executeUpdate(resumeUpdate);
  }

  setConcurrency(id: string, concurrency: number): Promise<JobStatus> {
    return this.#handle(id).executeUpdate(setConcurrencyUpdate, { args: [{ concurrency }] });
  }

  /** Null takes the cap away. */
  setBudget(id: string, usd: number | null): Promise<JobStatus> {
    return this.#handle(id).executeUpdate(setBudgetUpdate, { args: [{ usd }] });
  }

  setDeadline(id: string, change: DeadlineChange): Promise<JobStatus> {
    return this.#handle(id).executeUpdate(setDeadlineUpdate, { args: [change] });
  }

  /** Without reasons: all but `in_doubt`. */
  retryFailed(id: string, reasons?: readonly ItemReason[]): Promise<JobStatus> {
    return this.#handle(id).executeUpdate(retryFailedUpdate, { args: [reasons === undefined ? {} : { reasons }] });
  }

  /** The job delivers what it has, and ends as cancelled. */
  async cancel(id: string): Promise<void> {
    await this.#handle(id).cancel();
  }

  /** Fails as the job does. */
  result(id: string): Promise<JobReport> {
    return this.#handle(id).result();
  }

  /** The job's status, whenever it has changed, until it ends. */
  async *follow(id: string): AsyncGenerator<JobStatus> {
    const handle = this.#handle(id);
    let running = true;
    const ended = handle.result().then(
      () => undefined,
      () => undefined,
    );
    void ended.then(() => {
      running = false;
    });
    for (let shown = ''; running; ) {
      const status: JobStatus | null = await handle.query(statusQuery).catch(() => null);
      const text = JSON.stringify(status);
      if (status !== null && text !== shown) yield status;
      shown = text;
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, followEveryMs))]);
    }
  }

  #handle(id: string): WorkflowHandle {
    return this.#client.workflow.getHandle(id);
  }
}
