// Values that cannot be right are refused before any call to a server, and errors of a server that is not Temporal's are explained.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, onTestFinished, test } from 'vitest';
import { instant } from '../../../client/cli/arguments.ts';
import { describeFailure } from '../../../client/cli/failures.ts';
import { readJobFile } from '../../../client/cli/job-file.ts';
import { shellWord } from '../../../client/cli/own-command.ts';
import { createProgram } from '../../../client/cli/program.ts';
import { projectRoot } from '../../../scripts/tools/cache.ts';

const started = new Error('it would have asked the server');

/** The exit code that commander asks for, or the error of the action. */
async function runCommand(args: readonly string[]): Promise<number | string> {
  const program = createProgram({ dataRoot: '.', taskQueue: 'x', jobs: () => Promise.reject(started) });
  const quiet = (command: Command): void => {
    command.exitOverride((error) => {
      throw error;
    });
    command.configureOutput({ writeErr: () => undefined });
    for (const each of command.commands) quiet(each);
  };
  quiet(program);
  try {
    await program.parseAsync(['node', 'nightshift', ...args]);
    return 'done';
  } catch (error) {
    const isUsage = error instanceof Error && 'code' in error && error.code === 'commander.invalidArgument';
    return isUsage ? 'usage' : (error as Error).message;
  }
}

test.each([
  ['status', ''],
  ['watch', ' '],
  ['results', '\t'],
  ['schedule', 'pause', ''],
  ['schedule', 'create', 'a\nb', 'job.json', '--cron', '0 2 * * *'],
  ['run', 'examples/tickets.json', '--id', ''],
  ['run', 'examples/tickets.json', '--id', ' '],
  ['run', 'examples/tickets.json', '--id', 'a\nb'],
  ['run', 'examples/tickets.json', '--id=-x'],
  ['run', 'examples/tickets.json', '--id', 'é'.repeat(451)],
  ['validate', 'examples/tickets.json', '--id', '\u001b[31mred'],
  ['list', '--since', '99999999999h'],
  ['list', '--since', '1969-12-31'],
  ['list', '--since', '+200000-01-01T00:00:00Z'],
])('%s %j is wrong usage', async (...args) => {
  expect(await runCommand(args)).toBe('usage');
});

test('an id that is there already may be any text, and days are read', async () => {
  expect(await runCommand(['status', 'a\nb'])).toBe(started.message);
  expect(instant('2026-11-20').toISOString()).toBe('2026-11-20T00:00:00.000Z');
});

test('a server of another kind is named as that', () => {
  const message = '12 UNIMPLEMENTED: Received HTTP status code 404';
  expect(describeFailure(Object.assign(new Error(message), { code: 12 }))).toContain(
    'Temporal cannot be used: another kind of server',
  );
});

test('a job file may begin with a byte order mark', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-bom-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const job = { dataset: 'a.jsonl', provider: 'openai', model: 'm', request: {} };
  const file = join(folder, 'job.json');
  writeFileSync(file, `\uFEFF${JSON.stringify(job)}`);
  expect(await readJobFile(file)).toEqual(job);
});

test('a reader of the output that stops early, as `head` does, changes neither the exit code nor what is said', () => {
  const code = `
    const stop = () => process.stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    const stops = setInterval(() => process.listenerCount('uncaughtException') > 0 && stop(), 5);
    await import('./client/cli/command-line.ts');
    clearInterval(stops);`;
  const env = { ...process.env, TEMPORAL_ADDRESS: 'localhost:1' };
  const args = ['--input-type=module', '-e', code, 'list'];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: projectRoot, encoding: 'utf8', env });
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(/^no Temporal server: connection refused at localhost:1: .*\n$/),
  ]);
});

test('an id and a path are one word of the command that is shown', () => {
  expect(['tickets-2', 'nightly-2026-11-20T01:00:00Z', '仕事', 'a/b', '..'].map(shellWord).join(' ')).not.toContain(
    "'",
  );
  expect(shellWord('a b')).toBe("'a b'");
  const words = ["it's", '$(id)', 'a"b', '`id`', 'a;b', '*'];
  const { stdout } = spawnSync('sh', ['-c', `printf '%s\\n' ${words.map(shellWord).join(' ')}`], { encoding: 'utf8' });
  expect(stdout.trimEnd().split('\n')).toEqual(words);
});

test('an error of a call that nobody waits for any more does not change the exit code of a command that is done', () => {
  const code =
    "await import('./client/cli/command-line.ts'); setTimeout(() => { throw new Error('Channel has been shut down'); })";
  const args = ['--input-type=module', '-e', code, 'completion', 'bash'];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: projectRoot, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});
