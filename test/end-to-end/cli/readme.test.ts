// The README as a new user follows it: its commands, one after the other, as they stand there.

import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { projectRoot } from '../../../scripts/tools/cache.ts';
import { startScript } from '../../../scripts/tools/child.ts';
import { spawnGuarded } from '../../../scripts/tools/guard.ts';

type Env = Readonly<Record<string, string>>;

async function shell(
  line: string,
  env: Env = {},
  cwd = projectRoot,
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawnGuarded('sh', ['-c', line], {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, out, err };
}

test('npm run demo ends with a finished job and the paths of its results, whatever a killed one left behind', async () => {
  const folder = join(projectRoot, '.nightshift/demo');
  mkdirSync(join(folder, 'data/results'), { recursive: true });
  // No process has this number: it is beyond what a system gives.
  writeFileSync(join(folder, 'pid'), '99999999');
  writeFileSync(
    join(folder, 'data/results/job.json'),
    JSON.stringify({ claim: { workflowId: 'killed', firstRunId: 'x' } }),
  );
  const { code, out, err } = await shell('npm run demo');
  expect(code, err).toBe(0);
  expect(out).toContain('"verdict": "complete"');
  expect(out).toMatch(/results\.jsonl +10000 lines/);
  expect(out).toContain('npm run dev -- --state .nightshift/demo');
}, 180_000);

test('the commands of the README work in a second terminal without any variable', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-readme-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(projectRoot, 'examples'), join(folder, 'examples'), { recursive: true });
  symlinkSync(join(projectRoot, 'nightshift'), join(folder, 'nightshift'));
  const dev = startScript(join(projectRoot, 'scripts/dev.ts'), ['--state', join(folder, '.nightshift/dev')], {
    name: 'dev',
    cwd: folder,
  });
  onTestFinished(() => dev.kill());
  await dev.waitForLine((line) => line.includes('Ctrl-C stops everything') || undefined, 120_000);
  const [, page = ''] = readFileSync(join(projectRoot, 'README.md'), 'utf8').split('## The smallest job');
  const commands = [...page.matchAll(/^\.\/nightshift .*$/gm)].map(([line]) => line);
  expect(commands.length).toBeGreaterThan(2);
  const noVariables = { TEMPORAL_ADDRESS: '', NIGHTSHIFT_DATA: '' };
  let last = '';
  for (const line of commands) {
    const { code, out, err } = await shell(line, noVariables, folder);
    expect({ line, code }, err).toEqual({ line, code: 0 });
    last = out;
  }
  expect(last).toMatch(/^"answer [0-9a-f]+"$/m);
  const temporal = /`npm run temporal -- (workflow start [^`]*)`/.exec(page)?.[1] ?? 'no such command';
  const script = `node '${join(projectRoot, 'scripts/run.mjs')}' --short scripts/temporal.ts`;
  const started = await shell(`${script} ${temporal.replace('tickets ', 'by-temporal ')}`, noVariables, folder);
  expect(started, started.err).toMatchObject({ code: 0 });
  await dev.stop();
}, 180_000);
