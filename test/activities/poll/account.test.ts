// A batch that the provider does not find: gone, or made under another account, as the job's other batches tell.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { poll } from '../../../activities/poll/poll.ts';
import type { Fault } from '../../../domain/batch/backoff.ts';
import type { BatchHandle } from '../../../domain/batch/state.ts';
import { ownedFile } from '../../../job-folder/paths.ts';
import { recordHandle } from '../../../job-folder/submission.ts';
import { countReads } from '../../support/counting-store.ts';
import { output } from '../plan/planning.ts';
import { fault, handle, runningView, SubmissionSite as Site } from '../submit/submission-site.ts';

/** A job with a provider batch of each id, in batches of their own, and a provider that answers as it is told. */
class Job {
  /** Of the polls, by id; a provider that knows a batch has no fault for it. */
  faults: Record<string, Fault> = {};
  polled: string[] = [];
  holdsFile = true;
  readonly site: Site;

  private constructor(site: Site) {
    this.site = site;
  }

  static async with(...ids: readonly string[]): Promise<Job> {
    const job = new Job(await Site.open());
    for (const [index, id] of ids.entries()) await job.record(index + 1, handle(id));
    return job;
  }

  async record(batch: number, own: BatchHandle, twins: readonly BatchHandle[] = [], ordinal = 0): Promise<void> {
    const { folder, ref } = this.site;
    await recordHandle(folder.store, { ...ref, batch, ordinal }, own, twins);
  }

  /** Polls the batch `first`. */
  poll({ mayBlameAccount = true, store = this.site.folder.store } = {}) {
    const provider = {
      ...this.site.deps.provider('openai'),
      poll: async ({ id }: BatchHandle) => {
        this.polled.push(id);
        const kind = this.faults[id];
        if (kind !== undefined) throw fault(kind, false);
        return runningView;
      },
      holdsFile: async () => this.holdsFile,
    };
    const told = { coordinator: null, toldTenths: -1, toldPhase: null, tellEvery: 1, mayBlameAccount };
    const deps = { ...this.site.deps, store, provider: () => provider as never };
    return this.site.run(() => poll(deps, { ...this.site.ref, ...told, handle: handle('first') }));
  }

  /** The fault with which the poll fails. */
  async findFault(options?: Parameters<Job['poll']>[0]): Promise<Fault | 'none'> {
    const end = await this.poll(options).catch((error: unknown) => error);
    return (end as { facts?: { fault: Fault } }).facts?.fault ?? 'none';
  }

  lose(...ids: readonly string[]): void {
    this.faults = Object.fromEntries(ids.map((id) => [id, 'not_found']));
  }
}

test('if the provider finds none of the batches that it is asked about, the account is the wrong one', async () => {
  const job = await Job.with('first', 'second', 'third');
  job.lose('first', 'second', 'third');
  expect(await job.findFault()).toBe('wrong_account');
  expect(job.polled.toSorted()).toEqual(['first', 'second', 'third']);
});

test.each([
  ['is found', undefined],
  ['cannot be asked for', 'server_error'],
  ['is refused for the key', 'unauthorized'],
] as const)('if another batch %s, the batch alone is not found', async (_, answer) => {
  const job = await Job.with('first', 'second', 'third');
  job.lose('first', 'second', 'third');
  if (answer === undefined) delete job.faults.third;
  else job.faults.third = answer;
  expect(await job.findFault()).toBe('not_found');
});

test('the only batch of a job is not found, and the key is not blamed', async () => {
  const job = await Job.with('first');
  job.lose('first');
  expect(await job.findFault()).toBe('not_found');
  expect(job.polled).toEqual(['first']);
});

test('if the account does not even have the uploaded file of the only batch, it is the wrong one', async () => {
  const job = await Job.with('first');
  job.lose('first');
  job.holdsFile = false;
  expect(await job.findFault()).toBe('wrong_account');
});

test('a batch that is found, or whose poll fails in another way, asks about no other', async () => {
  const job = await Job.with('first', 'second');
  expect(await job.findFault()).toBe('none');
  job.faults = { first: 'server_error' };
  expect(await job.findFault()).toBe('server_error');
  expect(job.polled).toEqual(['first', 'first']);
});

test('once a person has looked, a batch that is not found asks about no other', async () => {
  const job = await Job.with('first', 'second');
  job.lose('first', 'second');
  expect(await job.findFault({ mayBlameAccount: false })).toBe('not_found');
  expect(job.polled).toEqual(['first']);
});

test('of many other batches, three are asked about, at the cost of a few small files', async () => {
  const ids = Array.from({ length: 40 }, (_, index) => `other-${index}`);
  const job = await Job.with('first', ...ids);
  job.lose('first', ...ids);
  const { store, takeReads } = countReads(job.site.folder.store);
  expect(await job.findFault({ store })).toBe('wrong_account');
  expect(job.polled).toHaveLength(1 + 3);
  expect(takeReads()).toBeLessThan(20);
});

test('twins and batches of earlier ordinals are evidence, and a mark whose handle was never written is none', async () => {
  const job = await Job.with();
  await job.record(1, handle('earlier'));
  await job.record(1, handle('first'), [handle('twin')], 1);
  writeFileSync(
    join(job.site.folder.root, ownedFile(output, 'crashed')),
    JSON.stringify({ id: 'crashed', wave: 1, batch: 2, ordinal: 0 }),
  );
  job.lose('first', 'earlier', 'twin');
  expect(await job.findFault()).toBe('wrong_account');
  expect(job.polled.toSorted()).toEqual(['earlier', 'first', 'twin']);
});
