// The README as a new user follows it: its commands, one after the other, as they stand there.

import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { projectRoot } from '../../../scripts/tools/cache.ts';
import { startScript } from '../../../scripts/tools/child.ts';
import { spawnGuarded } from '../../../scripts/tools/guard.ts';

type Env = Readonly<Record<string, string>>;

async function shell(line: string, env: Env = {}): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawnGuarded('sh', ['-c', line], {
    cwd: projectRoot,
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

test('npm run dev gives what the commands after it need, and Ctrl-C takes everything away', async () => {
  const data = mkdtempSync(join(tmpdir(), 'nightshift-test-readme-'));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  cpSync(join(projectRoot, 'examples'), join(data, 'examples'), { recursive: true });
  const dev = startScript('scripts/dev.ts', ['--state', join(data, 'state')], {
    name: 'dev',
    env: { NIGHTSHIFT_DATA: data },
  });
  onTestFinished(() => dev.kill());
  const given: Record<string, string> = { NIGHTSHIFT_DATA: data };
  await dev.waitForLine((line) => {
    const [, name, value] = /^export (\w+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) given[name] = value;
    return line.includes('Ctrl-C stops everything') ? true : undefined;
  }, 60_000);
  const [, blocks = ''] = readFileSync(join(projectRoot, 'README.md'), 'utf8').split('## The smallest job');
  const [, block = ''] = /```sh\n([\s\S]*?)```/.exec(blocks) ?? [];
  const commands = block.split('\n').filter((line) => /^npm run (?!dev)/.test(line));
  expect(commands.length).toBeGreaterThan(2);
  let last = '';
  for (const line of commands) {
    const { code, out } = await shell(line, given);
    expect({ line, code }).toEqual({ line, code: 0 });
    last = out;
  }
  expect(last).toContain('"status":"answered"');
  const temporal = /`(npm run temporal -- workflow start [^`]*)`/.exec(blocks)?.[1] ?? 'no such command';
  expect((await shell(temporal.replace('tickets ', 'by-temporal '), given)).code).toBe(0);
  await dev.stop();
  expect((await shell(`npm run -s nightshift -- list`, given)).code).toBe(1);
}, 180_000);
