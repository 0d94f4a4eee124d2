// A provider's output is stored as far as it comes, and whether it came whole is known, never believed.

import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { download } from '../../../activities/collect/download.ts';
import type { Fault } from '../../../domain/batch/backoff.ts';
import { type Folder, folderWith, jobRef, makeRows } from '../plan/planning.ts';
import { fault, runningView } from '../submit/submission-site.ts';
import { provider, wholeDeps } from '../whole-job.ts';

const ref = { ...jobRef, wave: 1, batch: 1, twin: 0 };
const handle = { id: 'made', createdAt: 0, fileId: null };

/** The bytes that one attempt receives, and the fault that ends it, or null. */
type Attempt = readonly [sent: string, fault: Fault | null];

/** Runs attempts as Temporal does: each receives the details of the last heartbeat before it. Null for those that failed. */
async function attempts(folder: Folder, given: readonly Attempt[], { sizes = true, at = 0 } = {}) {
  const ends: unknown[] = [];
  let details: unknown;
  for (const [index, [sent, failure]] of given.entries()) {
    const environment = new MockActivityEnvironment(
      { attempt: index + 1, heartbeatDetails: details, currentAttemptScheduledTimestampMs: at },
      { logger: new DefaultLogger('ERROR') },
    );
    environment.on('heartbeat', (beat: unknown) => {
      details = beat;
    });
    const fake = {
      ...provider,
      download: async function* (): AsyncGenerator<Uint8Array, true | null> {
        if (sent !== '') yield Buffer.from(sent);
        if (failure !== null) throw fault(failure, false);
        return sizes ? true : null;
      },
    };
    const deps = { ...wholeDeps(folder), provider: () => fake, elapsed: () => 0 };
    ends.push(await environment.run(() => download(deps, { ...ref, handle })).catch(() => null));
  }
  return ends;
}

const times = <T>(count: number, each: T): T[] => Array<T>(count).fill(each);

test('an output that breaks is downloaded again, until it comes whole', async () => {
  const folder = await folderWith(makeRows(1));
  const [first, second, third] = await attempts(folder, [
    ['{"a', 'broken_stream'],
    ['{"a":', 'broken_stream'],
    ['{"a":1}\n', null],
  ]);
  expect([first, second]).toEqual([null, null]);
  expect(third).toMatchObject({ bytes: 8, whole: true, confirmed: false });
});

test('the same whole lines again and again prove nothing: they are kept at last, and known not to be whole', async () => {
  const folder = await folderWith(makeRows(1));
  const ends = await attempts(folder, times(6, ['{}\n', 'broken_stream']));
  expect(ends.slice(0, 5)).toEqual(times(5, null));
  expect(ends[5]).toMatchObject({ bytes: 3, whole: false });
});

test('a second reading with the same bytes ten minutes later confirms the first, one that is sooner or has others does not', async () => {
  const folder = await folderWith(makeRows(1));
  const [first] = await attempts(folder, [['{"a":1}\n', null]]);
  const [other] = await attempts(folder, [['{"a":1}\n{}\n', null]]);
  const [soon] = await attempts(folder, [['{"a":1}\n{}\n', null]], { at: 599_999 });
  const [same] = await attempts(folder, [['{"a":1}\n{}\n', null]], { at: 1_200_000 });
  expect(first).toMatchObject({ confirmed: false });
  expect(other).toMatchObject({ bytes: 11, confirmed: false });
  expect(soon).toMatchObject({ bytes: 11, confirmed: false });
  expect(same).toMatchObject({ bytes: 11, confirmed: true });
});

test('a shorter reading does not take the place of a longer one', async () => {
  const folder = await folderWith(makeRows(1));
  await attempts(folder, [['{"a":1}\n{}\n', null]]);
  const [shorter] = await attempts(folder, [['{"a":1}\n', null]]);
  expect(shorter).toMatchObject({ bytes: 11, whole: false });
});

test('an output whose size the provider does not state is not known to be whole', async () => {
  const folder = await folderWith(makeRows(1));
  expect(await attempts(folder, [['{"a":1}\n', null]], { sizes: false })).toMatchObject([{ bytes: 8, whole: null }]);
});

test('if the second file never comes, the first is kept', async () => {
  const folder = await folderWith(makeRows(1));
  expect((await attempts(folder, times(20, ['{}\n', 'not_ready']))).at(-1)).toMatchObject({ bytes: 3, whole: false });
  const other = await folderWith(makeRows(1));
  expect((await attempts(other, times(20, ['', 'not_ready']))).at(-1)).toBeNull();
});

test.each([
  ['batch and file are not found', 'not_found', false, 'wrong_account'],
  ['only the batch is not found', 'not_found', true, 'not_ready'],
  ['the batch is found', null, false, 'not_ready'],
] as const)('an output that is not there, where %s', async (_, poll, holdsFile, expected) => {
  const folder = await folderWith(makeRows(1));
  await folder.run();
  const fake = {
    ...provider,
    poll: () => (poll === null ? Promise.resolve(runningView) : Promise.reject(fault(poll, false))),
    holdsFile: async () => holdsFile,
    // biome-ignore lint/correctness/useYield: it throws before there is anything to yield
    download: async function* (): AsyncGenerator<Uint8Array, true | null> {
      throw fault('not_ready', false);
    },
  };
  const deps = { ...wholeDeps(folder), provider: () => fake };
  const input = { ...ref, handle: { ...handle, fileId: 'file' }, mayBlameAccount: true };
  const reading = new MockActivityEnvironment().run(() => download(deps, input));
  await expect(reading).rejects.toMatchObject({ facts: { fault: expected } });
});

test.each(['timeout', 'connection', 'server_error'] as const)(
  'an output that breaks off by %s again and again is kept as far as it came; where nothing came, it is waited for',
  async (kind) => {
    const ends = await attempts(await folderWith(makeRows(1)), times(6, ['{}\n', kind]));
    expect([...ends.slice(0, 5), ends[5]]).toEqual([...times(5, null), expect.objectContaining({ whole: false })]);
    expect(await attempts(await folderWith(makeRows(1)), times(8, ['', kind]))).toEqual(times(8, null));
  },
);
