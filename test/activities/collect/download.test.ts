// A provider's output is stored whole, or as far as it goes: broken downloads are counted over all attempts, waits are not.

import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { download } from '../../../activities/collect/download.ts';
import type { Fault } from '../../../domain/batch/backoff.ts';
import { type Folder, folderWith, makeRows, output } from '../plan/planning.ts';
import { fault } from '../submit/submission-site.ts';
import { provider, wholeDeps } from '../whole-job.ts';

const ref = { output, wave: 1, batch: 1 };
const handle = { id: 'made', createdAt: 0, fileId: null };

/** The bytes that one attempt receives, and the fault that ends it, or null. */
type Attempt = readonly [sent: string, fault: Fault | null];

/** Runs attempts as Temporal does: each receives the details of the last heartbeat before it. Null for those that failed. */
async function attempts(folder: Folder, given: readonly Attempt[]) {
  const ends: unknown[] = [];
  let details: unknown;
  for (const [index, [sent, failure]] of given.entries()) {
    const environment = new MockActivityEnvironment(
      { attempt: index + 1, heartbeatDetails: details },
      { logger: new DefaultLogger('ERROR') },
    );
    environment.on('heartbeat', (beat: unknown) => {
      details = beat;
    });
    const fake = {
      ...provider,
      download: async function* () {
        if (sent !== '') yield Buffer.from(sent);
        if (failure !== null) throw fault(failure, false);
      },
    };
    const deps = { ...wholeDeps(folder), provider: () => fake };
    ends.push(await environment.run(() => download(deps, { ...ref, handle })).catch(() => null));
  }
  return ends;
}

const times = <T>(count: number, each: T): T[] => Array<T>(count).fill(each);

test('an output that breaks is asked for again, until it comes whole', async () => {
  const folder = await folderWith(makeRows(1));
  const [first, second, third] = await attempts(folder, [
    ['{"a', 'broken_stream'],
    ['{"a":', 'broken_stream'],
    ['{"a":1}\n', null],
  ]);
  expect([first, second, third]).toEqual([null, null, { bytes: 8, short: false }]);
});

test('the same whole lines twice are all there is', async () => {
  const folder = await folderWith(makeRows(1));
  const ends = await attempts(folder, times(2, ['{}\n', 'broken_stream']));
  expect(ends).toEqual([null, { bytes: 3, short: true }]);
});

test('only breaks count towards believing a cut output, not waits for a provider that is down', async () => {
  const folder = await folderWith(makeRows(1));
  const ends = await attempts(folder, [
    ...times<Attempt>(10, ['', 'server_error']),
    ...times<Attempt>(5, ['{"a', 'broken_stream']),
    ...times<Attempt>(3, ['', 'overloaded']),
    ['{"a', 'broken_stream'],
  ]);
  expect(ends).toEqual([...times(18, null), { bytes: 3, short: true }]);
});

test('a second file that never comes is no reason to do without the first', async () => {
  const folder = await folderWith(makeRows(1));
  expect((await attempts(folder, times(20, ['{}\n', 'not_ready']))).at(-1)).toEqual({ bytes: 3, short: true });
  const other = await folderWith(makeRows(1));
  expect((await attempts(other, times(20, ['', 'not_ready']))).at(-1)).toBeNull();
});
