// How a command finds the dev stack of its folder, and what comes before it.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { joinDevStack } from '../../../client/cli/dev-stack.ts';
import { startWorkerCommand } from '../../../client/cli/own-command.ts';
import { surroundings } from '../../../client/surroundings.ts';

type Env = Record<string, string | undefined>;

const given = { TEMPORAL_ADDRESS: '127.0.0.1:17233', NIGHTSHIFT_DATA: '/data', NIGHTSHIFT_TASK_QUEUE: 'own' };

/** A folder with a stack of this process. */
function newFolder(pid: number, name = 'dev', started: string | null = null): string {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-find-'));
  const state = join(folder, '.nightshift', name);
  mkdirSync(state, { recursive: true });
  const env = { ...given, OPENAI_API_KEY: 'emulator' };
  writeFileSync(join(state, 'stack.json'), JSON.stringify({ pid, started, uiUrl: '', ports: {}, env }));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function joined(folder: string, env: Env): Promise<Env> {
  // Tests of other files run in this process afterwards, and go to no stack.
  onTestFinished(() => joinDevStack({ TEMPORAL_ADDRESS: 'none' }));
  await joinDevStack(env, [folder]);
  return env;
}

test.each(['dev', 'demo'])(
  'without any variable, a command uses the stack in .nightshift/%s, and no keys of it',
  async (name) => {
    const folder = newFolder(process.pid, name);
    expect(await joined(folder, { TEMPORAL_ADDRESS: '' })).toEqual(given);
  },
);

test('a variable of its own is kept', async () => {
  const folder = newFolder(process.pid);
  expect(await joined(folder, { NIGHTSHIFT_DATA: '/mine' })).toEqual({ ...given, NIGHTSHIFT_DATA: '/mine' });
});

test.each<Env>([
  { TEMPORAL_ADDRESS: 'cloud:7233' },
  { TEMPORAL_PROFILE: 'prod' },
  { TEMPORAL_CONFIG_FILE: '/etc/temporal.toml' },
])('a server that is named is never overridden: %o', async (env) => {
  const folder = newFolder(process.pid);
  expect(await joined(folder, { ...env })).toEqual(env);
});

test('a stack that has ended is not used', async () => {
  // No process has this number: it is beyond what a system gives.
  const folder = newFolder(99_999_999);
  expect(await joined(folder, {})).toEqual({});
});

test('a stack whose number another process has got is not used', async () => {
  expect(await joined(newFolder(process.pid, 'dev', 'another boot/1'), {})).toEqual({});
});

test('a command in a dev stack names the worker that the stack can start, also for another task queue', async () => {
  await joined(newFolder(process.pid), {});
  expect(startWorkerCommand(surroundings().taskQueue)).toBe('npm run dev -- --worker');
  expect(startWorkerCommand('other')).toBe('NIGHTSHIFT_TASK_QUEUE=other npm run dev -- --worker');
});
