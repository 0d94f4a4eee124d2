// The pool of threads: what fails when a thread ends, and what does not.

import { expect, onTestFinished, test } from 'vitest';
import { createThreads, ThreadDied, type Threads } from '../../threads/pool.ts';

function poolOf(size: number, heapMb?: number): Threads {
  const threads = createThreads(size, heapMb);
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
  const threads = poolOf(1, 24);
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
