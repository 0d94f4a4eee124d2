// A job begins in the output of an earlier one if that one is over, or was refused, and has sent nothing.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { createActivities } from '../../../activities/index.ts';
import { open } from '../../../activities/open/open.ts';
import { plan } from '../../../activities/plan/plan.ts';
import type { PlanSummary } from '../../../domain/job.ts';
import { quietEnvironment } from '../plan/planning.ts';
import { catchRefusal, job, type World, world, written } from './world.ts';

const output = 'out/';
const inOut = { ...job, output };
/** Its template names a column that no row has. */
const typo = { ...inOut, request: { messages: [{ role: 'user', content: '{{ txet }}' }] } };
const again = { firstRunId: 'run-2' };
const second = { workflowId: 'second', firstRunId: 'run-3' };

function put({ root }: World, name: string, text = ''): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
}

const planned = (at: World, nonce = readNonce(at)): Promise<PlanSummary> =>
  quietEnvironment().run(() => plan(at.deps, { output, nonce }));
const readNonce = (at: World): string => written(at, output)?.claim.nonce ?? '';
const isThere = ({ root }: World, name: string): boolean => existsSync(join(root, output, name));

test('a typo in the template is fixed, and the job is started again with the same output', async () => {
  const at = await world();
  at.openWorkflows.add('tickets');
  await at.open(typo);
  expect((await catchRefusal(planned(at))).kind).toBe('too_many_rejects');
  expect(isThere(at, 'rejects.jsonl')).toBe(true);
  // The refused workflow may still be closing.
  expect((await at.open(inOut, again)).planned).toEqual([]);
  expect(isThere(at, 'rejects.jsonl')).toBe(false);
  expect(written(at, output)).toMatchObject({
    claim: { firstRunId: 'run-2' },
    takenOver: [{ firstRunId: 'run-1' }],
  });
  expect(written(at, output)?.refused).toBeUndefined();
  expect(await planned(at)).toMatchObject({ items: 1 });
  expect(written(at, output)?.claim.nonce).not.toBe(written(at, output)?.takenOver[0]?.nonce);
});

test('a refused plan is refused again, so that a late attempt plans nothing under a claim that was given up', async () => {
  const at = await world();
  await at.open(typo);
  const first = await catchRefusal(planned(at));
  writeFileSync(join(at.root, 'rows.jsonl'), '{"id":1,"txet":"x"}\n');
  expect(await catchRefusal(planned(at))).toEqual(first);
  // A reset of the same workflow opens the job again, and then plans it.
  await at.open(typo);
  expect(await planned(at)).toMatchObject({ items: 1 });
});

test('the claim of a closed workflow that sent nothing is taken, with its plan removed', async () => {
  const at = await world();
  await at.open(inOut);
  await planned(at);
  at.openWorkflows.add('tickets');
  expect((await at.refusal(inOut, second)).kind).toBe('output_claimed');
  at.openWorkflows.clear();
  expect((await at.open(inOut, second)).planned).toEqual([]);
  expect(isThere(at, 'plan')).toBe(false);
  expect(written(at, output)).toMatchObject({
    claim: { workflowId: 'second' },
    takenOver: [{ workflowId: 'tickets' }],
  });
});

test('`validate` takes nothing, and accepts what may be taken', async () => {
  const at = await world();
  await at.open(typo);
  await catchRefusal(planned(at));
  await expect(at.invalid(inOut)).rejects.toThrow('was not refused');
  expect(written(at, output)?.claim.firstRunId).toBe('run-1');
  expect(isThere(at, 'rejects.jsonl')).toBe(true);
});

test.each([
  'plan/wave-1/batch-0001.intent.json',
  'plan/wave-1/batch-0001.handle.json',
  'plan/wave-1/batch-0001.ended.json',
  'answers/wave-1/batch-0001.raw',
  'answers/wave-1/batch-0001.jsonl',
  'answers/wave-1/batch-0001.tally.json',
  'results.jsonl',
  'report.json',
  'notes.txt',
])('a closed workflow keeps its output if there is %s', async (file) => {
  const at = await world();
  await at.open(inOut);
  await planned(at);
  put(at, output + file, '{}');
  const { kind, message } = await at.refusal(inOut, second);
  expect(kind).toBe('output_claimed');
  expect(message).toContain('resumeFrom');
  expect((await at.invalid(inOut)).kind).toBe('output_claimed');
  expect(isThere(at, 'plan/wave-1/manifest.jsonl')).toBe(true);
  expect(written(at, output)?.claim.workflowId).toBe('tickets');
});

test('a closed workflow keeps its output while a child of it is open', async () => {
  const at = await world();
  await at.open(inOut);
  await planned(at);
  at.openWorkflows.add('tickets/wave-1/batch-0001');
  expect((await at.refusal(inOut, second)).kind).toBe('output_claimed');
  at.openWorkflows.clear();
  expect((await at.open(inOut, second)).output).toBe(output);
});

test('of several jobs that take an output at the same instant, one wins, and it finds its claim again', async () => {
  const at = await world();
  await at.open(inOut);
  const ids = ['a', 'b', 'c'];
  const takers = ids.map((workflowId) => {
    at.openWorkflows.add(workflowId);
    return at.open(inOut, { workflowId, firstRunId: workflowId });
  });
  const ends = await Promise.allSettled(takers);
  expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const winner = written(at, output)?.claim;
  expect(winner?.workflowId).toBe(ids[ends.findIndex(({ status }) => status === 'fulfilled')]);
  await at.open(inOut, winner);
  expect(written(at, output)?.claim).toEqual(winner);
});

test('a planner whose output was taken meanwhile writes no manifest', async () => {
  const at = await world();
  await at.open(inOut);
  const { store } = at.deps;
  const nonce = readNonce(at);
  let taken = false;
  const deps: World['deps'] = {
    ...at.deps,
    store: {
      ...store,
      async *read(uri, options) {
        if (uri === 'rows.jsonl' && !taken) {
          taken = true;
          await at.open(inOut, second);
        }
        yield* store.read(uri, options);
      },
    },
  };
  await expect(quietEnvironment().run(() => createActivities(deps).plan({ output, nonce }))).rejects.toThrow(
    'taken over by second',
  );
  expect(isThere(at, 'plan/wave-1/manifest.jsonl')).toBe(false);
});

/** Opens the second job, and does something once, directly before or after its claim is written over the earlier job's. */
function openSecond({ deps }: World, when: 'before' | 'after', act: () => Promise<unknown>): Promise<unknown> {
  const { store } = deps;
  let isDone = false;
  const create: typeof store.create = async (uri, options) => {
    const sink = await store.create(uri, options);
    if (isDone || uri !== `${output}job.json` || options?.ifAbsent === true) return sink;
    isDone = true;
    if (when === 'before') await act();
    const close: typeof sink.close = async () => {
      const stored = await sink.close();
      if (when === 'after') await act();
      return stored;
    };
    return { ...sink, close };
  };
  const input = { input: inOut, startedAt: 0, ...second };
  return quietEnvironment().run(() => open({ ...deps, store: { ...store, create } }, input));
}

test('an attempt to take an output that hung while another attempt continued removes nothing of the new plan', async () => {
  const at = await world();
  await at.open(inOut);
  await planned(at);
  const goOn = async (): Promise<void> => {
    await at.open(inOut, second);
    await planned(at);
  };
  await expect(openSecond(at, 'after', goOn)).rejects.toMatchObject({ kind: 'taken_over' });
  expect([isThere(at, 'plan/wave-1/manifest.jsonl'), isThere(at, 'rejects.jsonl')]).toEqual([true, true]);
  expect(await planned(at)).toMatchObject({ items: 1 });
});

test('an attempt that hung before it claimed the output leaves the claim of the attempt after it alone', async () => {
  const at = await world();
  await at.open(inOut);
  const goOn = (): Promise<unknown> => at.open(inOut, second);
  await expect(openSecond(at, 'before', goOn)).rejects.toMatchObject({ kind: 'taken_over' });
  expect(await planned(at)).toMatchObject({ items: 1 });
});

test('an output whose taking broke off half-way is taken by the next attempt, and not resumed from', async () => {
  const at = await world();
  await at.open(inOut);
  await planned(at);
  const die = (): Promise<never> => Promise.reject(new Error('the worker died'));
  await expect(openSecond(at, 'after', die)).rejects.toThrow('the worker died');
  const third = { workflowId: 'third', firstRunId: 'run-4' };
  expect((await at.refusal({ resumeFrom: output }, third)).kind).toBe('nothing_to_resume');
  at.openWorkflows.add('second');
  expect((await at.refusal(inOut, third)).kind).toBe('output_claimed');
  expect(await at.open(inOut, second)).toMatchObject({ planned: [], nonce: readNonce(at) });
  expect(isThere(at, 'plan')).toBe(false);
  expect(written(at, output)?.clearing).toBeUndefined();
});

test('an earlier job that recorded an intent just before its output was taken keeps the output', async () => {
  const at = await world();
  await at.open(inOut);
  await planned(at);
  const before = written(at, output);
  const intent = 'plan/wave-1/batch-0001.intent.json';
  const record = async (): Promise<void> => put(at, output + intent, '{}');
  await expect(openSecond(at, 'before', record)).rejects.toMatchObject({ kind: 'output_claimed' });
  expect(written(at, output)).toEqual(before);
  expect([isThere(at, intent), isThere(at, 'plan/wave-1/manifest.jsonl')]).toEqual([true, true]);
});
