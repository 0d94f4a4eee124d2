// Planning when threads die, and when it is cancelled in the middle.

import { expect, test } from 'vitest';
import { plan } from '../../../activities/plan/plan.ts';
import type { Store } from '../../../storage/store.ts';
import { createThreads, type Threads } from '../../../threads/pool.ts';
import { ThreadDied } from '../../../threads/pooled-thread.ts';
import { sharedThreads } from '../../support/shared-threads.ts';
import { folderWith, jobRef, makeDeps, openaiOffline, quietEnvironment } from './planning.ts';

/** Enough for usual rows, but not for texts of thirty million characters together. */
const smallHeapMb = 24;
// Many texts of moderate size: V8 ends the whole program, not only the thread, if one allocation is much larger than what is left of the heap.
const content = `{{ text }}{% for i in (1..count) %}${'.'.repeat(75)}{% endfor %}`;
const request = { messages: Array.from({ length: 100 }, () => ({ role: 'user', content })) };

test('a row that ends its thread, alone too, is refused with its number, and the rows around it are planned', async () => {
  // More rows than a chunk takes: those of later chunks are not rendered one by one.
  const rows = Array.from({ length: 250 }, (_, index) => ({
    text: `row ${index + 1}`,
    count: index === 16 ? 4000 : 1,
  }));
  const [small, large] = [await folderWith(rows, { request }), await folderWith(rows, { request })];
  const threads = createThreads(2, { heapMb: smallHeapMb });
  try {
    expect((await small.run({ threads })).rows).toMatchObject({ rows: 250, accepted: 249, refused: 1 });
  } finally {
    await threads.close();
  }
  expect(small.lines('rejects.jsonl')).toEqual([
    {
      line: 17,
      reason: 'template_failed',
      message: 'line 17: rendering it needs more memory than a thread has',
    },
  ]);
  expect((await large.run()).rows).toMatchObject({ rows: 250, accepted: 250 });
});

test('a row that lets its thread exit is refused without a word about memory', async () => {
  const folder = await folderWith([{ text: 'x', count: 1 }], { request });
  const threads: Threads = {
    ...sharedThreads,
    size: 1,
    stock: sharedThreads.stock,
    run: () => Promise.reject(new ThreadDied('exit code 7', false)),
  };
  await expect(folder.run({ threads })).rejects.toThrow('line 1: rendering it ends its thread');
});

test('a pool that was closed refuses no row: the attempt fails', async () => {
  const folder = await folderWith([{ text: 'x', count: 1 }], { request });
  const threads = createThreads(1);
  await threads.close();
  await expect(folder.run({ threads })).rejects.toThrow('the pool of threads is closed');
  expect(folder.lines('rejects.jsonl')).toEqual([]);
});

test.for([1, 6])('planning that is cancelled while chunk %d is rendered sends no further chunk', async (last) => {
  // More chunks than are rendered ahead.
  const rows = Array.from({ length: 900 }, (_, index) => ({ text: `row ${index}`, count: 1 }));
  const folder = await folderWith(rows, { request });
  const environment = quietEnvironment();
  let sent = 0;
  const threads: Threads = {
    ...sharedThreads,
    size: sharedThreads.size,
    stock: sharedThreads.stock,
    run: (name, input) => {
      if (name === 'renderRows') sent += 1;
      if (sent === last) environment.cancel();
      return sharedThreads.run(name, input);
    },
  };
  const deps = { ...makeDeps(folder.store, openaiOffline), threads };
  await expect(environment.run(() => plan(deps, jobRef))).rejects.toThrow();
  expect(sent).toBe(last);
  expect(folder.digests()).toEqual({});
});

test('planning that is cancelled while it writes sends no further chunk', async () => {
  const rows = Array.from({ length: 900 }, (_, index) => ({ text: `row ${index}`, count: 1 }));
  const folder = await folderWith(rows, { request });
  const environment = quietEnvironment();
  let sent = 0;
  let sentWhenCancelled = 0;
  const threads: Threads = {
    ...sharedThreads,
    size: sharedThreads.size,
    stock: sharedThreads.stock,
    run: (name, input) => {
      sent += 1;
      return sharedThreads.run(name, input);
    },
  };
  const store: Store = {
    ...folder.store,
    create: (uri, options) => {
      if (uri.endsWith('batch-0001.requests.jsonl')) {
        environment.cancel();
        sentWhenCancelled = sent;
      }
      return folder.store.create(uri, options);
    },
  };
  const deps = { ...makeDeps(store, openaiOffline), threads };
  await expect(environment.run(() => plan(deps, jobRef))).rejects.toThrow();
  expect(sentWhenCancelled).toBeGreaterThan(0);
  expect(sent).toBe(sentWhenCancelled);
  expect(folder.digests()).toEqual({});
});
