// A planned batch and a scripted provider, for tests of the create protocol: they read and write the batch's files here.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { ActivityDeps } from '../../../activities/deps.ts';
import { create } from '../../../activities/submit/create.ts';
import { upload } from '../../../activities/submit/upload.ts';
import type { Fault } from '../../../domain/batch/backoff.ts';
import type { BatchHandle } from '../../../domain/batch/state.ts';
import type { HandleRecord, Intent, SubmissionRef } from '../../../job-folder/submission.ts';
import { ProviderError } from '../../../providers/error.ts';
import type { Found } from '../../../providers/provider.ts';
import { type Folder, folderWith, output, quietEnvironment } from '../plan/planning.ts';
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

export class SubmissionSite {
  readonly folder: Folder;
  readonly ref: SubmissionRef;
  now = 1_000_000;
  creates = 0;
  readonly cancelled: string[] = [];
  refusesCancel = false;
  /** Ids of the workflows that are open. */
  readonly open = new Set<string>();
  found: () => Found | Promise<Found> = () => nothing;
  made: () => BatchHandle | Promise<BatchHandle> = () => handle('made');

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
      output,
      wave: 1,
      batch: 1,
      ordinal: 0,
      items: 1,
      bytes,
      crc32,
      endpoint: '/v1/chat/completions',
    });
  }

  get deps(): ActivityDeps {
    const fake = {
      ...provider,
      upload: async () => ({ fileId: 'file' }),
      find: async () => this.found(),
      create: async () => {
        this.creates += 1;
        return this.made();
      },
      cancel: async ({ id }: BatchHandle) => {
        if (this.refusesCancel) throw fault('refused', false);
        this.cancelled.push(id);
      },
    };
    const deps = wholeDeps(this.folder);
    const cluster = { ...deps.cluster, isOpen: async (id: string) => this.open.has(id) };
    return { ...deps, cluster, provider: () => fake, now: () => this.now };
  }

  create(lookOnly = false, workflowId = 'test') {
    const input = { ...this.ref, staged: { fileId: 'file' }, lookOnly };
    const environment = new MockActivityEnvironment(
      { workflowExecution: { workflowId, runId: 'run' } },
      { logger: new DefaultLogger('ERROR') },
    );
    return environment.run(() => create(this.deps, input));
  }

  upload() {
    return quietEnvironment().run(() => upload(this.deps, this.ref));
  }

  get intent(): Intent | null {
    return this.#read('intent');
  }

  get handle(): { handle: BatchHandle } | null {
    return this.#read('handle');
  }

  /** Leaves a file as an attempt that crashed would have. */
  write(what: 'intent' | 'handle', content: Intent | HandleRecord): void {
    writeFileSync(join(this.folder.root, output, `plan/wave-1/batch-0001.${what}.json`), JSON.stringify(content));
  }

  #read<T>(what: string): T | null {
    const name = `plan/wave-1/batch-0001.${what}.json`;
    return name in this.folder.digests() ? JSON.parse(this.folder.text(name)) : null;
  }
}
