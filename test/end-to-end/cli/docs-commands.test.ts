// Every command that the docs show is run as it stands there, in its order.

import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Client, Connection } from '@temporalio/client';
import { expect, inject, test } from 'vitest';
import { startDevServer } from '../../../scripts/dev-server.ts';
import { projectRoot } from '../../../scripts/tools/cache.ts';
import { spawnGuarded } from '../../../scripts/tools/guard.ts';
import { Cell } from '../crash/cell.ts';
import { realServer } from '../server.ts';

const server = realServer();

/** The lines of a page's shell blocks, and the exit code that each says it has. */
const commandsIn = (page: string): { line: string; code: number }[] =>
  [...readFileSync(join(projectRoot, page), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap((block) => (block[1] ?? '').split('\n'))
    .filter((line) => line !== '')
    .map((line) => ({ line, code: Number(/# exits with (\d+)/.exec(line)?.[1] ?? 0) }));

/** In a shell that knows our two programs by their names. */
async function run(line: string, { root, env }: Cell): Promise<{ code: number | null; said: string }> {
  const main = join(projectRoot, 'client/cli/main.ts');
  const names = `nightshift() { '${process.execPath}' '${main}' "$@"; }; temporal() { '${inject('temporalCli')}' "$@"; }`;
  const child = spawnGuarded('bash', ['-c', `set -o pipefail; ${names}; ${line}`], {
    cwd: root,
    env: { ...process.env, ...env },
    detached: true,
  });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, said: out + err };
}

/** The files that the pages assume. */
function prepare(at: Cell): void {
  writeFileSync(join(at.root, 'big.json'), JSON.stringify(at.openaiJob(200)));
  cpSync(join(projectRoot, 'examples'), join(at.root, 'examples'), { recursive: true });
}

test.each(['docs/command-line.md', 'docs/schedules.md'])(
  'the commands of %s do what they say',
  (page) =>
    Cell.with(server, 'nightshift', {}, async (at) => {
      prepare(at);
      const commands = commandsIn(page);
      expect(commands.length).toBeGreaterThan(5);
      for (const { line, code } of commands) {
        // This job has to run still when the next commands change it.
        if (line.includes('run big.json')) await at.control.setOptions({ runMs: 120_000 });
        expect({ line, ...(await run(line, at)) }).toEqual({ line, code, said: expect.any(String) });
      }
    }),
  240_000,
);

test('the search attributes are registered by the commands of docs/web-ui.md, and jobs use them from then on', async () => {
  const bare = await startDevServer({ headless: true, attributes: [] });
  const { address } = bare;
  const own = await Connection.connect({ address });
  try {
    const client = new Client({ connection: own });
    await Cell.with({ address, client }, 'registered', {}, async (at) => {
      const [, block = ''] =
        /```sh\n([\s\S]*?)```/.exec(readFileSync(join(projectRoot, 'docs/web-ui.md'), 'utf8')) ?? [];
      await (await at.start(at.openaiJob(60))).result();
      expect(await run(block.trim(), at)).toMatchObject({ code: 0 });
      await (await at.start(at.openaiJob(60), 'registered-2')).result();
      const { searchAttributes } = await client.workflow.getHandle('registered-2').describe();
      expect(searchAttributes).toMatchObject({ NightshiftProvider: ['openai'], NightshiftPhase: ['done'] });
    });
  } finally {
    await own.close();
    await bare.stop();
  }
}, 120_000);

test('the job of docs/schedules.md is the example', () => {
  const [, shown = ''] =
    /```json\n([\s\S]*?)```/.exec(readFileSync(join(projectRoot, 'docs/schedules.md'), 'utf8')) ?? [];
  expect(JSON.parse(shown)).toEqual(JSON.parse(readFileSync(join(projectRoot, 'examples/nightly.json'), 'utf8')));
});
