// Whole jobs inside the test's own process: the real activities and SDKs, an emulator over HTTP, and one clock for all of them.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { expect } from 'vitest';
import type { Claim, JobFile } from '../../domain/job.ts';
import type { JobStatus } from '../../domain/progress/status.ts';
import type { JobReport } from '../../domain/report/report.ts';
import type { OptionsInput } from '../../emulator/faults/options.ts';
import { createControl } from '../../emulator/server/control.ts';
import { startEmulator } from '../../emulator/server/start.ts';
import type { BatchesRequest, BatchPage } from '../../workflows/messages.ts';
import { type Result, until } from '../end-to-end/crash/cell.ts';
import { orLostTask } from '../support/lost-task.ts';
import { createSiteWorker, type SiteOptions } from './site-worker.ts';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;

/** `deadline` of a job. */
export const deadline = (then: 'fallback' | 'retry' | 'fail', times: { batch?: string; job?: string }) => ({
  ...times,
  then,
});

type Events = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;

export class Site {
  readonly root: string;
  readonly name: string;
  readonly env: TestWorkflowEnvironment;
  readonly client: Client;
  readonly control: ReturnType<typeof createControl>;
  /** From now on, the worker has these too, as if it was started again with them. */
  newVariables: Readonly<Record<string, string>> = {};

  private constructor(env: TestWorkflowEnvironment, name: string, root: string, emulatorUrl: string) {
    this.env = env;
    this.name = name;
    this.root = root;
    this.client = new Client({ connection: env.connection, namespace: env.namespace ?? 'default' });
    this.control = createControl(emulatorUrl);
  }

  /** Gives a test its own emulator, data folder and worker, and removes them afterwards. One at a time in a process. */
  static async with(
    env: TestWorkflowEnvironment,
    name: string,
    options: OptionsInput & SiteOptions,
    use: (site: Site) => Promise<void>,
  ): Promise<void> {
    const { batchesPerSegment, historyEventsMax, workerClock, cancelGrace, providers, variables, ...faults } = options;
    const settings = { batchesPerSegment, historyEventsMax, workerClock, cancelGrace, providers, variables };
    const root = mkdtempSync(join(tmpdir(), 'nightshift-test-'));
    const times = { validateMs: 1000, runMs: 5 * minuteMs, finalizeMs: 1000 };
    const emulator = await startEmulator({ ...times, bucketsDir: root, ...faults });
    const site = new Site(env, name, root, emulator.url);
    try {
      const worker = await createSiteWorker(site, emulator, settings);
      await worker.runUntil(() => orLostTask(use(site)));
    } finally {
      await emulator.close();
      rmSync(root, { recursive: true, force: true });
    }
  }

  dataset(rows: number, row: (number: number) => object = ticket): string {
    const lines = Array.from({ length: rows }, (_, index) => JSON.stringify(row(index + 1)));
    writeFileSync(join(this.root, 'rows.jsonl'), `${lines.join('\n')}\n`);
    return 'rows.jsonl';
  }

  openaiJob(rows: number, changes: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      dataset: this.dataset(rows),
      provider: 'openai',
      model: 'gpt-5.4-mini',
      request: { messages: [{ role: 'user', content: '{{ text }}' }], max_completion_tokens: 16 },
      ...changes,
    };
  }

  start(job: unknown, workflowId = this.name): Promise<WorkflowHandle> {
    return this.client.workflow.start('processDataset', { workflowId, taskQueue: this.name, args: [job] });
  }

  /** Starts a job and skips the time until its end. */
  async run(job: unknown, workflowId = this.name): Promise<JobReport> {
    await this.start(job, workflowId);
    return this.result(workflowId);
  }

  /** Time is skipped only while the environment's own client waits for an end. */
  result(workflowId = this.name): Promise<JobReport> {
    return this.env.client.workflow.getHandle(workflowId).result();
  }

  /** The failure of a job that did not complete, e.g. `CancelledFailure`. */
  async failure(workflowId = this.name): Promise<string> {
    const error: unknown = await this.result(workflowId).catch((failure: unknown) => failure);
    return error instanceof WorkflowFailedError ? (error.cause?.name ?? 'no cause') : `not failed: ${String(error)}`;
  }

  get handle(): WorkflowHandle {
    return this.client.workflow.getHandle(this.name);
  }

  status(): Promise<JobStatus> {
    return this.handle.query<JobStatus, []>('status');
  }

  batches(request: BatchesRequest = {}, workflowId = this.name): Promise<BatchPage> {
    return this.client.workflow.getHandle(workflowId).query<BatchPage, [BatchesRequest]>('batches', request);
  }

  update(name: string, input: unknown = {}): Promise<JobStatus> {
    return this.handle.executeUpdate<JobStatus, [unknown]>(name, { args: [input] });
  }

  /** Lets virtual time pass in steps until `isSo` accepts the job's status. */
  async untilStatus(what: string, isSo: (status: JobStatus) => boolean, stepMs = 10_000): Promise<JobStatus> {
    for (let step = 0; step < stepsMax; step += 1) {
      const status = await this.status();
      if (isSo(status)) return status;
      await this.env.sleep(stepMs);
    }
    throw new Error(`${what}: not within ${stepsMax} steps; last: ${JSON.stringify(await this.status())}`);
  }

  /**
   * Time stands still until the batch has received the cancellation: this server cannot cancel an activity that ends in the same moment,
   * as a poll may do that skipped time has started.
   */
  async cancel(batch = `${this.name}/wave-1/batch-0001`): Promise<void> {
    await this.handle.cancel();
    const isReceived = async (): Promise<boolean> =>
      (await this.events(batch)).some((event) => event.workflowExecutionCancelRequestedEventAttributes != null);
    await until(`${batch} receives the cancellation`, isReceived);
  }

  async untilCreated(batches: number, stepMs = 10_000): Promise<void> {
    for (let step = 0; (await this.control.counts()).batchesCreated < batches; step += 1) {
      if (step === stepsMax) throw new Error(`${batches} batches were not created within ${stepsMax} steps`);
      await this.env.sleep(stepMs);
    }
  }

  async events(workflowId = this.name): Promise<Events> {
    const { events } = await this.client.workflow.getHandle(workflowId).fetchHistory();
    return events ?? [];
  }

  /** The run ids of a workflow, first run first: a run that continues as new is followed by another. */
  async runs(workflowId = this.name): Promise<string[]> {
    const runs: string[] = [];
    let runId: string | undefined = (await this.client.workflow.getHandle(workflowId).describe()).runId;
    while (runId !== undefined && runId !== '') {
      runs.unshift(runId);
      const { events } = await this.client.workflow.getHandle(workflowId, runId).fetchHistory();
      runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? undefined;
    }
    return runs;
  }

  async parent(workflowId: string): Promise<string | undefined> {
    const [started] = await this.events(workflowId);
    return started?.workflowExecutionStartedEventAttributes?.parentWorkflowExecution?.workflowId ?? undefined;
  }

  /** The timers that a workflow started, in milliseconds. */
  async timers(workflowId = this.name): Promise<number[]> {
    return (await this.events(workflowId)).flatMap(({ timerStartedEventAttributes: timer }) =>
      timer == null
        ? []
        : [Number(timer.startToFireTimeout?.seconds ?? 0) * 1000 + (timer.startToFireTimeout?.nanos ?? 0) / 1e6],
    );
  }

  results(workflowId = this.name): (Result & { readonly batchId: string | null })[] {
    const text = readFileSync(join(this.root, 'runs', workflowId, 'results.jsonl'), 'utf8');
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  /** Who owns the output folder. */
  claim(workflowId = this.name): Claim {
    const file: JobFile = JSON.parse(readFileSync(join(this.root, 'runs', workflowId, 'job.json'), 'utf8'));
    return file.claim;
  }

  /** The report on disk: a cancelled job has no result. */
  report(workflowId = this.name): JobReport {
    return JSON.parse(readFileSync(join(this.root, 'runs', workflowId, 'report.json'), 'utf8'));
  }

  /** Every row ends as exactly one result, in order. */
  expectWhole(report: JobReport, rows: number, workflowId = this.name): void {
    expect(this.results(workflowId).map(({ row }) => row)).toEqual(Array.from({ length: rows }, (_, at) => at + 1));
    expect(report.rows.answered + report.rows.failed).toBe(rows);
  }

  /** The same, and no answer was billed twice, in one lane or over both. */
  async expectPaidOnce(report: JobReport, rows: number, workflowId = this.name): Promise<void> {
    this.expectWhole(report, rows, workflowId);
    const { billedTwice, sync, acrossLanes } = await this.control.counts();
    expect({ billedTwice, sync: sync.billedTwice, acrossLanes }).toEqual({
      billedTwice: { byCustomId: [], byBody: [] },
      sync: { byCustomId: [], byBody: [] },
      acrossLanes: [],
    });
  }
}

const stepsMax = 200;

const ticket = (number: number): object => ({ id: `t-${number}`, text: `ticket ${number}` });
