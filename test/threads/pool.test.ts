// The pool of threads: what fails when a thread ends or cannot start, and what does not.

import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { createThreads, type Threads } from '../../threads/pool.ts';
import { ThreadDied } from '../../threads/pooled-thread.ts';

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

const odd = new URL('./odd-thread.ts', import.meta.url);
const order = (what: string) => ({ ...makeRow(light), settings: what });
const run = (threads: Threads, what: string) => threads.run('renderRows', order(what));

/** The error of each, in their order. */
const errorsOf = (running: readonly Promise<unknown>[]): Promise<unknown[]> =>
  Promise.all(
    running.map((each) =>
      each.then(
        () => null,
        (error: unknown) => error,
      ),
    ),
  );

const unblamed = (error: unknown): boolean => error instanceof Error && !(error instanceof ThreadDied);

test('a task that lets its thread exit is blamed, and the next one gets a new thread', async () => {
  const threads = poolOf(1, { code: odd });
  const [blamed, after] = await errorsOf([run(threads, 'exit'), run(threads, settings)]);
  expect(blamed).toBeInstanceOf(ThreadDied);
  expect(blamed).toMatchObject({ message: expect.stringContaining('exit code 7'), isHeapFull: false });
  expect(after).toBeNull();
});

test.for<[string, string]>([
  ['a thread ended before it began', 'exit before it begins'],
  ['an error of the program', 'throw'],
])('a task is not blamed for this: %s', async ([why, what]) => {
  const threads = poolOf(1, { code: odd });
  const [before, failed, after] = await errorsOf([settings, what, settings].map((each) => run(threads, each)));
  expect(failed).toSatisfy(unblamed);
  expect(failed).toMatchObject({ message: expect.stringContaining(why) });
  expect([before, after]).toEqual([null, null]);
});

test('a thread that has failed, and has not ended yet, gets no task', async () => {
  const threads = poolOf(1, { code: odd });
  const starting = once(process, 'worker');
  const first = errorsOf([run(threads, 'throw when it is done')]);
  const [thread] = await starting;
  await once(thread, 'error');
  expect(await errorsOf([run(threads, settings)])).toEqual([null]);
  expect(await first).toEqual([null]);
});

test('tasks whose threads cannot load their code fail without blame', async () => {
  const threads = poolOf(1, { code: new URL("data:text/javascript,throw new Error('the code is gone')") });
  const errors = await errorsOf([1, 2].map(() => run(threads, settings)));
  for (const error of errors) {
    expect(error).toSatisfy(unblamed);
    expect(error).toMatchObject({ message: expect.stringContaining('the code is gone') });
  }
});

test('tasks of a pool that is closed fail without blaming what they were given', async () => {
  const threads = poolOf(1, { code: odd });
  const starting = once(process, 'worker');
  const running = errorsOf(['hang', settings].map((what) => run(threads, what)));
  await once((await starting)[0], 'message');
  await threads.close();
  const errors = [...(await running), ...(await errorsOf([run(threads, settings)]))];
  expect(errors.map(String)).toEqual(Array.from({ length: 3 }, () => 'Error: the pool of threads is closed'));
});

const nowhere = 'http://localhost/no-thread';

test('if no thread can be made, tasks fail like any other, and later ones run', async () => {
  const code = new URL(nowhere);
  const threads = poolOf(2, { code });
  expect(await errorsOf([1, 2].map(() => run(threads, settings)))).toSatisfy((errors: unknown[]) =>
    errors.every(unblamed),
  );
  code.href = odd.href;
  await expect(run(threads, settings)).resolves.toMatchObject({ refusals: [] });
});

test('if no further thread can be made, tasks wait for the threads that are there, and fail with the last one', async () => {
  const code = new URL(odd);
  const threads = poolOf(2, { code });
  const first = run(threads, settings);
  code.href = nowhere;
  const errors = await errorsOf([
    first,
    run(threads, settings),
    run(threads, 'exit'),
    ...[1, 2].map(() => run(threads, settings)),
  ]);
  expect(errors.slice(0, 2)).toEqual([null, null]);
  expect(errors[2]).toBeInstanceOf(ThreadDied);
  expect(errors.slice(3)).toSatisfy((rest: unknown[]) => rest.length === 2 && rest.every(unblamed));
});

test('a reply that cannot be read fails its task, and the thread stays', async () => {
  const threads = poolOf(1, { code: odd });
  const started = watchThreads();
  const starting = once(process, 'worker');
  const running = errorsOf([run(threads, 'hang'), run(threads, settings)]);
  const [thread] = await starting;
  await once(thread, 'message');
  thread.emit('messageerror', new Error('it has another form'));
  const [failed, after] = await running;
  expect(failed).toSatisfy(unblamed);
  expect(failed).toMatchObject({ message: expect.stringContaining('it has another form') });
  expect(after).toBeNull();
  expect(started).toHaveLength(1);
});

test('a task that its thread cannot read fails, and the thread stays', async () => {
  const threads = poolOf(1, { code: odd });
  const started = watchThreads();
  const [failed, after] = await errorsOf([run(threads, 'do not read it'), run(threads, settings)]);
  expect(failed).toSatisfy(unblamed);
  expect(failed).toMatchObject({ message: expect.stringContaining('it has another form') });
  expect(after).toBeNull();
  expect(started).toHaveLength(1);
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
