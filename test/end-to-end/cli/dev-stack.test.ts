// The dev stack keeps its promise: whatever ends it in the middle of a job, the next start finishes the job and pays nothing twice.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createControl } from '../../../emulator/server/control.ts';
import { projectRoot } from '../../../scripts/tools/cache.ts';
import { type Child, startScript } from '../../../scripts/tools/child.ts';
import { type Said, said } from './commands.ts';

interface Started {
  readonly dev: Child;
  readonly env: Readonly<Record<string, string>>;
}

/** A folder as a user's: the examples, the command line, and the stack's state below it. */
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-dev-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(projectRoot, 'examples'), join(folder, 'examples'), { recursive: true });
  const job = JSON.parse(readFileSync(join(folder, 'examples/tickets.json'), 'utf8'));
  mkdirSync(join(folder, 'jobs'));
  const fast = { ...job, batch: { maxItems: 20 }, minBatchItems: 1, poll: { initial: '1s', max: '1s' } };
  writeFileSync(join(folder, 'jobs/tickets.json'), JSON.stringify(fast));
  return folder;
}

async function startDev(folder: string): Promise<Started> {
  const args = ['--json', '--state', join(folder, '.nightshift/dev')];
  const dev = startScript(join(projectRoot, 'scripts/dev.ts'), args, { name: 'dev', cwd: folder });
  onTestFinished(() => dev.kill());
  const env = await dev.waitForLine(
    (line) => (line.startsWith('{"uiUrl"') ? JSON.parse(line).env : undefined),
    120_000,
  );
  return { dev, env };
}

const controlOf = ({ env }: Started) => createControl(new URL(env.OPENAI_BASE_URL ?? '').origin);

/** No variable says where the stack is. */
const nightshift = (cwd: string, ...args: readonly string[]): Promise<Said> =>
  said(join(projectRoot, 'nightshift'), args, { cwd, env: { TEMPORAL_ADDRESS: '', NIGHTSHIFT_DATA: '' } });

test.each(['SIGKILL', 'SIGINT'] as const)(
  'after %s in the middle of a job, the next start finishes it, and every row is paid once',
  async (signal) => {
    const folder = newFolder();
    const first = await startDev(folder);
    const started = await nightshift(folder, 'run', 'jobs/tickets.json', '--detach');
    expect(started, started.err).toMatchObject({ code: 0, out: 'tickets\n' });
    const control = controlOf(first);
    await expect.poll(async () => (await control.counts()).batchesCreated, { timeout: 60_000 }).toBe(3);
    process.kill(first.dev.pid, signal);
    await first.dev.ended;

    const second = await startDev(folder);
    expect(second.env).toEqual(first.env);
    const { code, err } = await nightshift(folder, 'watch', 'tickets');
    expect(code, err).toBe(0);
    expect((await nightshift(folder, 'results', 'tickets')).out.trim().split('\n')).toHaveLength(60);
    const counts = await controlOf(second).counts();
    expect(counts).toMatchObject({ batchesCreated: 3, executed: 60, billed: 60 });
    expect(counts.billedTwice).toEqual({ byBody: [], byCustomId: [] });
    expect(counts.sync.billed).toBe(0);
    await second.dev.stop();
  },
  300_000,
);
