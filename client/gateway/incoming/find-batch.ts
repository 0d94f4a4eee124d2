// Finds the workflow of a provider's batch. Each running job records its batches in its folder, by a hash of their ids.

import { batchWorkflowId } from '../../../domain/ids.ts';
import { findOwner } from '../../../job-folder/submission.ts';
import type { Store } from '../../../storage/store.ts';
import type { Nightshift } from '../../nightshift.ts';

/** Many batches end at the same time: their events share a list of jobs. */
const listedMs = 1000;
const atOnceMax = 16;

interface RunningJob {
  readonly id: string;
  readonly startedAt: string;
  /** Null if it cannot be told now. */
  readonly output: string | null;
}

export class BatchFinder {
  readonly #jobs: Pick<Nightshift, 'list' | 'status'>;
  readonly #store: Store;
  readonly #now: () => number;
  /** Of each vendor. */
  readonly #listed = new Map<string, { readonly at: number; readonly jobs: Promise<readonly RunningJob[]> }>();

  constructor(jobs: Pick<Nightshift, 'list' | 'status'>, store: Store, now: () => number) {
    this.#jobs = jobs;
    this.#store = store;
    this.#now = now;
  }

  /** The id of the batch's workflow; null if no running job of the vendor has recorded the batch under one of the ids. */
  async find(vendor: string, ids: readonly string[]): Promise<string | null> {
    const jobs = await this.#list(vendor);
    for (let at = 0; at < jobs.length; at += atOnceMax) {
      const found = await Promise.all(jobs.slice(at, at + atOnceMax).map((job) => this.#findIn(job, ids)));
      const workflowId = found.find((each) => each !== null);
      if (workflowId !== undefined) return workflowId;
    }
    return null;
  }

  async #findIn({ id, output }: RunningJob, ids: readonly string[]): Promise<string | null> {
    if (output === null) return null;
    for (const each of ids) {
      const owner = await findOwner(this.#store, output, each);
      if (owner !== null) return batchWorkflowId(id, owner.wave, owner.batch);
    }
    return null;
  }

  #list(vendor: string): Promise<readonly RunningJob[]> {
    const known = this.#listed.get(vendor);
    if (known !== undefined && this.#now() < known.at + listedMs) return known.jobs;
    const jobs = this.#listAgain(vendor, known?.jobs);
    this.#listed.set(vendor, { at: this.#now(), jobs });
    jobs.catch(() => this.#listed.delete(vendor));
    return jobs;
  }

  async #listAgain(vendor: string, before: Promise<readonly RunningJob[]> | undefined): Promise<readonly RunningJob[]> {
    const known = new Map(((await before) ?? []).map((job) => [job.id, job]));
    const found: Omit<RunningJob, 'output'>[] = [];
    for await (const { id, startedAt, provider } of this.#jobs.list({ active: true })) {
      // Without search attributes, any job may be of the vendor.
      if (provider === null || provider === vendor) found.push({ id, startedAt });
    }
    const jobs: RunningJob[] = [];
    for (let at = 0; at < found.length; at += atOnceMax) {
      jobs.push(...(await Promise.all(found.slice(at, at + atOnceMax).map((job) => this.#readOutput(job, known)))));
    }
    return jobs;
  }

  /** A job's output never changes, so each job is asked once. */
  async #readOutput(
    { id, startedAt }: Omit<RunningJob, 'output'>,
    known: ReadonlyMap<string, RunningJob>,
  ): Promise<RunningJob> {
    const before = known.get(id);
    if (before !== undefined && before.startedAt === startedAt && before.output !== null) return before;
    // A job that opens, or whose worker is away, is polled by its own timer.
    const status = await this.#jobs.status(id).catch(() => null);
    return { id, startedAt, output: status?.output ?? null };
  }
}
