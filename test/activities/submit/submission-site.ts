// A planned batch and a scripted provider, for tests of the create protocol: they read and write the batch's files here.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { ActivityDeps } from '../../../activities/deps.ts';
import { create } from '../../../activities/submit/create.ts';
import { find } from '../../../activities/submit/find.ts';
import { recover } from '../../../activities/submit/recover.ts';
import { upload } from '../../../activities/submit/upload.ts';
import type { Fault } from '../../../domain/batch/backoff.ts';
import type { BatchHandle, BatchView, Staged } from '../../../domain/batch/state.ts';
import type { BatchEvidence } from '../../../job-folder/evidence.ts';
import { endedFile, handleFile, intentFile, tallyFile } from '../../../job-folder/paths.ts';
import type { HandleRecord, Intent, SubmissionRef } from '../../../job-folder/submission.ts';
import { ProviderError } from '../../../providers/error.ts';
import type { Found, RequestFile, Submission } from '../../../providers/provider.ts';
import type { Store } from '../../../storage/store.ts';
import { type Folder, folderWith, jobRef, output } from '../plan/planning.ts';
import { provider, wholeDeps } from '../whole-job.ts';

export const nothing: Found = { confirmed: [], possible: [] };
export const handle = (id: string): BatchHandle => ({ id, createdAt: 0, fileId: 'file' });
export const fault = (kind: Fault, ambiguous: boolean): ProviderError =>
  new ProviderError('openai', {
    fault: kind,
    status: null,
    code: null,
    requestId: null,
    retryAfterMs: null,
    ambiguous,
  });

/** What a test may leave on disk, as an attempt that crashed would have. */
interface Left {
  readonly intent: Intent;
  readonly handle: HandleRecord;
  readonly ended: Readonly<Record<string, BatchEvidence>>;
  readonly tally: object;
}

const paths = { intent: intentFile, handle: handleFile, ended: endedFile, tally: tallyFile };

export class SubmissionSite {
  readonly folder: Folder;
  readonly ref: SubmissionRef;
  /** The Temporal server's time. */
  now = 1_000_000;
  /** How far the worker's own clock is ahead of it. */
  ahead = 0;
  creates = 0;
  finds = 0;
  uploads = 0;
  /** Of the account whose key the worker has. */
  accountMark = 'mark';
  /** Whether the account has the uploaded file; null if the vendor cannot be asked. */
  holdsFile: boolean | Fault | null = true;
  /** How polls of the job's other batches fail, by id; one without a fault is running. */
  polls: Record<string, Fault> = {};
  /** What each find was asked for. */
  readonly searched: Submission[] = [];
  /** In place of the folder's own store. */
  store: Store | null = null;
  /** Ids of the workflows that are open. */
  readonly open = new Set<string>();
  found: () => Found | Promise<Found> = () => nothing;
  made: (file: RequestFile) => BatchHandle | Promise<BatchHandle> = () => handle('made');
  /** Called at the nth time that an activity asks for the time. */
  atClock: (nth: number) => void = () => undefined;
  #clocks = 0;

  private constructor(folder: Folder, ref: SubmissionRef) {
    this.folder = folder;
    this.ref = ref;
  }

  static async open(): Promise<SubmissionSite> {
    const folder = await folderWith([{ id: 1, text: 'x' }]);
    await folder.run();
    const [entry] = folder.lines<{ bytes: number; requestsCrc32: string }>('plan/wave-1/manifest.jsonl');
    const { bytes = 0, requestsCrc32: crc32 = '' } = entry ?? {};
    return new SubmissionSite(folder, {
      ...jobRef,
      wave: 1,
      batch: 1,
      ordinal: 0,
      items: 1,
      bytes,
      crc32,
      model: 'gpt-5.4-mini',
      endpoint: '/v1/chat/completions',
    });
  }

  get deps(): ActivityDeps {
    const { holdsFile: _, ...others } = provider;
    const fake = {
      ...others,
      upload: async () => {
        this.uploads += 1;
        return { fileId: 'file' };
      },
      find: async (submission: Submission) => {
        this.finds += 1;
        this.searched.push(submission);
        return this.found();
      },
      ...(this.holdsFile === null ? {} : { holdsFile: async () => this.#holdsFile() }),
      poll: async ({ id }: BatchHandle) => {
        const kind = this.polls[id];
        if (kind !== undefined) throw fault(kind, false);
        return runningView;
      },
      create: async (_staged: Staged, file: RequestFile) => {
        this.creates += 1;
        return this.made(file);
      },
    };
    const deps = wholeDeps(this.folder);
    const cluster = { ...deps.cluster, isOpen: async (id: string) => this.open.has(id) };
    return {
      ...deps,
      store: this.store ?? deps.store,
      cluster,
      provider: () => fake,
      markAccount: () => this.accountMark,
      now: () => this.now + this.ahead,
      // Not whole milliseconds, as on a real machine.
      elapsed: () => this.#readClock() + this.#clocks / 1000,
    };
  }

  create({ ordinal = 0, workflowId = 'test', mayBlameAccount = true } = {}) {
    const input = { ...this.ref, ordinal, staged: { fileId: 'file' }, mayBlameAccount };
    return this.run(() => create(this.deps, input), workflowId);
  }

  find({ last = false, ordinal = 0, workflowId = 'test', mayBlameAccount = true } = {}) {
    return this.run(() => find(this.deps, { ...this.ref, ordinal, last, mayBlameAccount }), workflowId);
  }

  recover(workflowId = 'test', isLate = false) {
    const { wave, batch } = this.ref;
    return this.run(() => recover(this.deps, { ...jobRef, wave, batch, isLate }), workflowId);
  }

  upload(workflowId = 'test') {
    return this.run(() => upload(this.deps, this.ref), workflowId);
  }

  /** As an activity that is scheduled now. */
  run<T>(work: () => Promise<T>, workflowId = 'test'): Promise<T> {
    const info = {
      workflowExecution: { workflowId, runId: 'run' },
      currentAttemptScheduledTimestampMs: this.now,
    };
    return new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') }).run(work);
  }

  get intent(): Intent | null {
    return this.#read('intent');
  }

  get handle(): HandleRecord | null {
    return this.#read('handle');
  }

  write<What extends keyof Left>(what: What, content: Left[What]): void {
    const path = join(this.folder.root, paths[what](this.ref));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(content));
  }

  #read<What extends keyof Left>(what: What): Left[What] | null {
    const name = paths[what](this.ref).slice(output.length);
    return name in this.folder.digests() ? JSON.parse(this.folder.text(name)) : null;
  }

  #holdsFile(): boolean {
    if (typeof this.holdsFile === 'string') throw fault(this.holdsFile, false);
    return this.holdsFile === true;
  }

  #readClock(): number {
    this.#clocks += 1;
    this.atClock(this.#clocks);
    return this.now;
  }
}

/** A batch that the provider still runs. */
export const runningView: BatchView = {
  phase: 'running',
  status: 'in_progress',
  ending: null,
  counts: null,
  outputs: [],
  createdAt: 0,
  endedAt: null,
  expiresAt: null,
  files: [],
  errors: [],
};
