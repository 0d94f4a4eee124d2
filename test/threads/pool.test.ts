// The pool of threads: what fails when a thread ends, and what does not.

import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { createThreads, ThreadDied, type Threads } from '../../threads/pool.ts';

function poolOf(...options: Parameters<typeof createThreads>): Threads {
  const threads = createThreads(...options);
  onTestFinished(() => threads.close());
  return threads;
}

// Many texts of moderate size: V8 ends the whole program, not only the thread, if one allocation is much larger than what is left of the heap.
const content = `{% for i in (1..count) %}${'.'.repeat(75)}{% endfor %}`;
const request = { messages: Array.from({ length: 100 }, () => ({ role: 'user', content })) };
const dialect = { family: 'openai', name: 'openai', endpoints: ['/v1/chat/completions'], codes: {}, secrets: [] };
const spec = {
  provider: 'openai',
  request,
  model: 'm',
  schema: null,
  endpoint: null,
  dataset: { id: null },
  batch: {},
};
const limits = { budgetUsd: null, fallback: { lane: 'none', maxUsd: null }, mode: 'batch' };
const settings = JSON.stringify({
  dialect,
  job: { spec: { ...spec, ...limits }, prices: {}, planNonce: '0'.repeat(32) },
});

/** Each pass of the template's loops writes 7,500 characters. */
function makeRow(passes: number) {
  const bytes = new Uint8Array(Buffer.from(JSON.stringify({ count: passes })));
  return { settings, firstRow: 1, lines: { bytes, ends: Uint32Array.of(bytes.length) } };
}
const [light, heavy] = [1, 4000];

test('a task that needs more than the heap of a thread fails, and the next tasks run on a new thread', async () => {
  const threads = poolOf(1, { heapMb: 24 });
  const tasks = [makeRow(light), makeRow(heavy), makeRow(light)];
  const [before, died, after] = await Promise.allSettled(tasks.map((task) => threads.run('renderRows', task)));
  expect(before?.status).toBe('fulfilled');
  expect(died).toMatchObject({ status: 'rejected', reason: expect.any(ThreadDied) });
  expect(after).toMatchObject({ status: 'fulfilled', value: { refusals: [], groups: [{ model: 'm' }] } });
});

test('an error in a task is passed on, and the thread stays', async () => {
  const threads = poolOf(1);
  const broken = { ...makeRow(light), settings: '{"dialect":' };
  await expect(threads.run('renderRows', broken)).rejects.not.toThrow(ThreadDied);
  await expect(threads.run('renderRows', makeRow(light))).resolves.toMatchObject({ refusals: [] });
});

test('a task that cannot be sent fails, and the tasks that wait behind it run', async () => {
  const threads = poolOf(1);
  const gone = makeRow(light);
  structuredClone(gone.lines.bytes, { transfer: [gone.lines.bytes.buffer] });
  const tasks = [makeRow(light), gone, makeRow(light)];
  const [before, failed, after] = await Promise.allSettled(tasks.map((task) => threads.run('renderRows', task)));
  expect([before?.status, failed?.status, after?.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('tasks of a pool that is closed fail without blaming what they were given', async () => {
  const threads = poolOf(1);
  const running = [1, 2].map(() => threads.run('renderRows', makeRow(heavy)).catch((error: unknown) => error));
  await threads.close();
  for (const error of [
    ...(await Promise.all(running)),
    await threads.run('renderRows', makeRow(light)).catch((error: unknown) => error),
  ]) {
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(ThreadDied);
  }
});

const prompts = [{ index: 7, encoding: 'o200k_base', pieces: ['one two'], scale: 3, formTokens: 1 }] as const;
const counted = [{ index: 7, tokens: 7 }];

/** The threads that start from now on, first to last. */
function watchThreads(): readonly Worker[] {
  const started: Worker[] = [];
  const note = (worker: Worker): void => {
    started.push(worker);
  };
  process.on('worker', note);
  onTestFinished(() => {
    process.off('worker', note);
  });
  return started;
}

test('tokens are counted by one thread more, which ends when it has nothing to do', async () => {
  const threads = poolOf(2, { idleMs: 1 });
  const started = watchThreads();
  await threads.run('renderRows', makeRow(light));
  const counts = await Promise.all([1, 2, 3].map(() => threads.run('countTokens', { prompts })));
  expect(counts).toEqual([counted, counted, counted]);
  expect(started).toHaveLength(2);
  const [rendering, counting] = started;
  if (counting === undefined) throw new Error('nothing was counted by a thread');
  await once(counting, 'exit');
  expect(await threads.run('countTokens', { prompts })).toEqual(counted);
  await threads.run('renderRows', makeRow(light));
  expect(started).toHaveLength(3);
  expect(rendering?.threadId).toBeGreaterThan(0);
});

test('a count that is asked for while its thread is ending is made by the next one', async () => {
  const threads = poolOf(1, { idleMs: 0 });
  const started = watchThreads();
  expect(await threads.run('countTokens', { prompts })).toEqual(counted);
  // The timer that ends the thread was set just before, for the same time.
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(await threads.run('countTokens', { prompts })).toEqual(counted);
  expect(started).toHaveLength(2);
});
