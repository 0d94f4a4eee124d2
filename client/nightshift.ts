// The library's main class: starts, follows, queries, changes and ends jobs, and reads their results.

import { type Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { Checkup } from '../domain/checkup.ts';
import { readInnermostMessage } from '../domain/innermost-message.ts';
import type { ItemReason, Json } from '../domain/outcome/outcome.ts';
import type { JobEstimate } from '../domain/plan/estimate.ts';
import type { Validity } from '../domain/plan/validity.ts';
import type { JobStatus } from '../domain/progress/status.ts';
import type { JobReport } from '../domain/report/report.ts';
import type { Job } from '../input/schema.ts';
import { createStore } from '../storage/registry.ts';
import {
  approveUpdate,
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
import { type ConnectOptions, connect } from './connection.ts';
import { type FailureGroup, groupFailures } from './failed-rows.ts';
import { followJob } from './follow.ts';
import { type EventsOptions, type JobEvent, listEvents } from './job-events.ts';
import { type ListedJob, type ListOptions, listedJob, listJobs } from './job-list.ts';
import { Dispatcher } from './long-lived/dispatcher.ts';
import { Queues } from './long-lived/queues.ts';
import { Schedules } from './long-lived/schedules.ts';
import { Webhooks } from './long-lived/webhooks.ts';
import { type ChosenRun, chooseRun } from './overview/choose-run.ts';
import { describeEnd } from './overview/describe-end.ts';
import { listOpenBatches, type OpenBatch } from './overview/open-batches.ts';
import { type JobOverview, readOverview } from './overview/read-overview.ts';
import { type AskOptions, askCheckup, askEstimate, askValidity } from './questions.ts';
import { fileNames, type JobFile, locateFile, placeNextTo, type Result, readReport, readResults } from './results.ts';
import { type JobReference, type StartOptions, startJob } from './starting/start-job.ts';
import { type Surroundings, surroundings } from './surroundings.ts';
import { askWorkflow, listPollers, type WaitOptions } from './worker-answer.ts';

export class Nightshift {
  readonly client: Client;
  readonly schedules: Schedules;
  /** What all jobs share. */
  readonly dispatcher: Dispatcher;
  readonly queues: Queues;
  readonly webhooks: Webhooks;
  readonly #at: Surroundings;
  readonly #close: () => Promise<void>;

  constructor(client: Client, at: Partial<Surroundings> = {}, close: () => Promise<void> = async () => undefined) {
    this.client = client;
    this.#at = { ...surroundings(), ...at };
    this.#close = close;
    this.schedules = new Schedules(client, this.#at.taskQueue);
    this.dispatcher = new Dispatcher(client);
    this.queues = new Queues(client, this.#at.taskQueue);
    this.webhooks = new Webhooks(client, this.#at.taskQueue);
  }

  /** Uses Temporal's own variables and profiles, as its CLI does. Close the result with `close` or `await using`. */
  static async connect(options: ConnectOptions & Partial<Surroundings> = {}): Promise<Nightshift> {
    const { client, close } = await connect(options);
    return new Nightshift(client, options, close);
  }

  /** Lists every problem of a job's fields. Needs no server. */
  static async problemsOf(job: unknown): Promise<readonly string[]> {
    // The schema takes as long to load as Temporal's client, and most programs never ask.
    const { describeProblems } = await import('./problems.ts');
    return describeProblems(job);
  }

  get taskQueue(): string {
    return this.#at.taskQueue;
  }

  get dataRoot(): string {
    return this.#at.dataRoot;
  }

  /** Does not close a client that you passed in. */
  close(): Promise<void> {
    return this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }

  start(job: Job | JobReference, options: StartOptions): Promise<void> {
    return startJob(this.client, job, { taskQueue: this.taskQueue, ...options });
  }

  /** Estimates rows, batches, tokens and cost. Spends nothing. */
  estimate(job: Job | JobReference, options: Partial<AskOptions> = {}): Promise<JobEstimate> {
    return askEstimate(this.client, job, { taskQueue: this.taskQueue, ...options });
  }

  /**
   * Rejects if the job would be refused: provider, key, model, template, dataset, its first rows or, with the job's `id`, its output. Claims and
   * spends nothing. Null for a job that resumes another.
   */
  validate(
    job: Job | JobReference,
    options: Partial<AskOptions> & Partial<Pick<StartOptions, 'id'>> = {},
  ): Promise<Validity | null> {
    return askValidity(this.client, job, { taskQueue: this.taskQueue, ...options });
  }

  /** Asks a worker about its keys, store, clock and version. */
  checkup(options: Partial<AskOptions> = {}): Promise<Checkup> {
    return askCheckup(this.client, { taskQueue: this.taskQueue, ...options });
  }

  /** The identities of the workers that poll a task queue. */
  async workers(taskQueue = this.taskQueue): Promise<readonly string[]> {
    return (await listPollers(this.client, taskQueue)).map(({ identity }) => identity);
  }

  /** Running jobs come first. */
  list(options: ListOptions = {}): AsyncGenerator<ListedJob> {
    return listJobs(this.client, options);
  }

  /** Describes a job with what Temporal itself knows, so it needs no worker. */
  async describe(id: string): Promise<ListedJob & { readonly taskQueue: string }> {
    const description = await this.#handle(id).describe();
    return { ...listedJob(description), taskQueue: description.taskQueue };
  }

  /** What Temporal knows of a job, how it ended, and, if a worker answers in time, what it is doing. `runId` is of an earlier run of the id. */
  overview(id: string, { runId, ...options }: WaitOptions & { readonly runId?: string } = {}): Promise<JobOverview> {
    return readOverview(this.client, this.#handle(id, runId), { ...options, webUi: this.#at.webUi });
  }

  /** Rejects if no worker answers in time. The same holds for `batches`. */
  status(id: string, options?: WaitOptions): Promise<JobStatus> {
    return askWorkflow(this.client, this.#handle(id), (handle) => handle.query(statusQuery, Date.now()), options);
  }

  batches(id: string, request: BatchesRequest = {}, options?: WaitOptions): Promise<BatchPage> {
    return askWorkflow(this.client, this.#handle(id), (handle) => handle.query(batchesQuery, request), options);
  }

  /** The batches and segments whose workflows run. Needs no worker. */
  openBatches(id: string): Promise<readonly OpenBatch[]> {
    return listOpenBatches(this.#handle(id));
  }

  pause(id: string, note?: string): Promise<JobStatus> {
    return this.#handle(id).executeUpdate(pauseUpdate, { args: [note === undefined ? {} : { note }] });
  }

  resume(id: string): Promise<JobStatus> {
    return this.#handle(id).executeUpdate(resumeUpdate);
  }

  /** Lets a rollout continue after its first step. */
  approve(id: string): Promise<JobStatus> {
    return this.#handle(id).executeUpdate(approveUpdate);
  }

  setConcurrency(id: string, concurrency: number): Promise<JobStatus> {
    return this.#handle(id).executeUpdate(setConcurrencyUpdate, { args: [{ concurrency }] });
  }

  /** Null removes the cap. */
  setBudget(id: string, usd: number | null): Promise<JobStatus> {
    return this.#handle(id).executeUpdate(setBudgetUpdate, { args: [{ usd }] });
  }

  setDeadline(id: string, change: DeadlineChange): Promise<JobStatus> {
    return this.#handle(id).executeUpdate(setDeadlineUpdate, { args: [change] });
  }

  /** `reasons` defaults to all except `in_doubt`. */
  retryFailed(id: string, reasons?: readonly ItemReason[]): Promise<JobStatus> {
    return this.#handle(id).executeUpdate(retryFailedUpdate, { args: [reasons === undefined ? {} : { reasons }] });
  }

  /** The job delivers what is finished and ends as cancelled. Resolves as soon as the request is recorded. */
  async cancel(id: string): Promise<void> {
    await this.#handle(id).cancel();
  }

  /** Waits for the job's end and returns its report. Rejects if the job failed or was cancelled. */
  result(id: string): Promise<JobReport> {
    return this.#handle(id).result();
  }

  /** The newest run of an id or, if that ended without results, the newest one that has results. */
  chooseRun(id: string): Promise<ChosenRun> {
    return chooseRun(this.client, id);
  }

  /** As `result`, but a cancelled job has a report too: it is read from the job's output. */
  async report(id: string, chosen?: ChosenRun): Promise<JobReport> {
    const { run } = chosen ?? (await this.chooseRun(id));
    try {
      return await this.#handle(id, run.runId).result();
    } catch (error) {
      if (!(error instanceof WorkflowFailedError)) throw error;
      if (run.results === null) {
        throw new Error(`${id} ${describeEnd(run.state)} and has no report: ${readInnermostMessage(error)}`);
      }
      return readReport(locateFile(placeNextTo(run.results, fileNames.report), this.#at), this.#at);
    }
  }

  /** Yields the job's status each time it changes, until the job ends. */
  follow(id: string): AsyncGenerator<JobStatus> {
    return followJob(this.#handle(id));
  }

  /** Yields a job's events and results as they come, in order, until its end; every row once. Slow readers are waited for. */
  events<Output = Json>(id: string, options: EventsOptions = {}): AsyncGenerator<JobEvent<Output>> {
    const source = { client: this.client, store: createStore(this.#at), describe: () => this.describe(id) };
    return listEvents(source, id, options);
  }

  /** Where a finished job's file is: its path on this machine, or its uri in a bucket. Rejects if it should be on this machine and is not. */
  async file(id: string, file: JobFile = 'results', chosen?: ChosenRun): Promise<string> {
    const { results, state } = (chosen ?? (await this.chooseRun(id))).run;
    if (results !== null) return locateFile(placeNextTo(results, fileNames[file]), this.#at);
    if (state === 'running') throw new Error(`${id} has not ended: there are no results yet`);
    throw new Error(`${id} ${describeEnd(state)} and has no results`);
  }

  /** Streams one line per accepted row, in the dataset's order. */
  async *results<Output = Json>(id: string): AsyncGenerator<Result<Output>> {
    yield* readResults<Output>(await this.file(id), this.#at);
  }

  /** What failed, by reason, with the first rows of each. Reads the files of a finished job. */
  async failures(id: string, chosen?: ChosenRun): Promise<readonly FailureGroup[]> {
    const of = chosen ?? (await this.chooseRun(id));
    return groupFailures([await this.file(id, 'failures', of), await this.file(id, 'inDoubt', of)], this.#at);
  }

  #handle(id: string, runId?: string): WorkflowHandle {
    return this.client.workflow.getHandle(id, runId);
  }
}
