// A file that is run, corrected and run again, as a beginner does: nothing that was delivered is hidden or lost, and nothing is paid twice.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { whichCommand } from '../../../scripts/tools/command.ts';
import { spawnGuarded } from '../../../scripts/tools/guard.ts';
import type { Cell } from '../crash/cell.ts';
import { realServer } from '../server.ts';
import { commandCells, written } from './command-cell.ts';
import { parseLines, terminalAt } from './commands.ts';

const server = realServer();

const cell = commandCells(server);

/** Waits for the prompt and types the answer. Returns what was shown. */
async function answerOnTerminal(at: Cell, args: readonly string[], prompt: string, answer: string): Promise<string> {
  const keyboard = join(at.root, 'keyboard');
  execFileSync('mkfifo', [keyboard]);
  const command = [process.execPath, 'client/cli/main.ts', ...args].map((word) => `'${word}'`).join(' ');
  const shell = `exec script -qec "${command}" /dev/null < '${keyboard}'`;
  const child = spawnGuarded('sh', ['-c', shell], {
    env: { ...process.env, ...at.env, TERM: 'xterm' },
    detached: true,
  });
  const typed = createWriteStream(keyboard);
  let shown = '';
  child.stdout.on('data', (chunk) => {
    const before = shown;
    shown += String(chunk);
    if (shown.includes(prompt) && !before.includes(prompt)) typed.end(answer);
  });
  child.stderr.resume();
  await once(child, 'close');
  return shown;
}

const request = (content: string) => ({ messages: [{ role: 'user', content }], max_completion_tokens: 16 });

test(
  'a file that is run a second time is refused before anything starts, and --again gives it a new folder',
  () =>
    cell('twice', async (at, nightshift) => {
      const file = written(at, 'twice.json', at.openaiJob(3));
      expect((await nightshift(['run', file])).code).toBe(0);
      const [first] = parseLines(await nightshift(['list', '--all'])).filter(({ id }) => id === 'twice');
      expect((await nightshift(['validate', file])).err).toContain('runs/twice/ belongs to twice');
      expect((await nightshift(['validate', file, '--id', 'another'])).code).toBe(0);
      const second = await nightshift(['run', file]);
      expect(second).toMatchObject({ code: 1, out: '' });
      expect(second.err).toContain('runs/twice/ belongs to twice');
      expect(second.err).toContain('results twice');
      expect(second.err).toContain('add --again');
      expect(parseLines(await nightshift(['list', '--all'])).filter(({ id }) => id === 'twice')).toEqual([first]);

      expect(await nightshift(['run', file, '--again'])).toMatchObject({
        code: 0,
        out: 'runs/twice-2/results.jsonl\n',
      });
      const named = written(at, 'named.json', { ...at.openaiJob(3), output: 'out/named' });
      for (const folder of ['named', 'named-2']) {
        expect((await nightshift(['run', named, '--again'])).out).toBe(`out/${folder}/results.jsonl\n`);
      }
      const reference = await nightshift(['run', named, '--again', '--by-reference']);
      expect(reference).toMatchObject({ code: 1, err: expect.stringContaining('names its output') });
    }),
  180_000,
);

test(
  'a run that came to nothing does not hide the results of the run before it',
  () =>
    cell('buried', async (at, nightshift) => {
      const job = at.openaiJob(3);
      expect((await nightshift(['run', written(at, 'buried.json', job)])).code).toBe(0);
      const results = readFileSync(at.path('results.jsonl'), 'utf8');
      // As the Temporal CLI and schedules start jobs: nothing is checked before.
      await expect((await at.start(job)).result()).rejects.toThrow();
      const note = /the last run of buried \(.*Z, failed\) has no results: this is the run of .*Z\n/;
      const read = await nightshift(['results', 'buried']);
      expect(read).toMatchObject({ code: 0, out: results });
      expect(read.err).toMatch(note);
      for (const command of ['report', 'status']) expect((await nightshift([command, 'buried'])).err).toMatch(note);
      expect(parseLines(await nightshift(['report', 'buried']))).toMatchObject([{ rows: { answered: 3 } }]);
      expect(parseLines(await nightshift(['status', 'buried']))).toMatchObject([{ items: { answered: 3 } }]);
      expect((await nightshift(['results', 'no-such-job'])).err).toContain('no such job');
    }),
  120_000,
);

test(
  'a typo in the template is found before the job starts, in the first hundred rows of a large dataset, too',
  () =>
    cell('typos', async (at, nightshift) => {
      const small = written(at, 'small.json', { ...at.openaiJob(60), request: request('{{ txet }}') });
      const refused = await nightshift(['run', small]);
      expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('60 of 60 rows are refused') });
      expect((await nightshift(['status', 'small'])).err).toContain('no such job as small');
      written(at, 'small.json', at.openaiJob(60));
      expect((await nightshift(['run', small])).code).toBe(0);

      const large = written(at, 'large.json', { ...at.openaiJob(150), request: request('{{ txet }}') });
      const validated = await nightshift(['validate', large]);
      expect(validated.code).toBe(1);
      expect(parseLines(validated)).toMatchObject([{ valid: false, rows: 100, refused: 100, isWhole: false }]);
      expect(validated.err).toContain('100 of the first 100 rows would be refused:\n  missing_column: line 1: ');
      // The rest of the rows could be good, so it is planned in full, and its refusal gives the folder up.
      const run = await nightshift(['run', large]);
      expect(run).toMatchObject({ code: 4, err: expect.stringContaining('150 of 150 rows are refused') });
      written(at, 'large.json', at.openaiJob(150));
      expect((await nightshift(['run', large])).code).toBe(0);
    }),
  180_000,
);

test(
  'a sample is answered in realtime, and its rows are not paid again by the job that follows',
  () =>
    cell('sampled', async (at, nightshift) => {
      const file = written(at, 'sampled.json', { ...at.openaiJob(80), output: 'out/sampled' });
      const inScript = await nightshift(['run', file, '--sample', '20']);
      expect(inScript).toMatchObject({ code: 2, err: expect.stringContaining('add --yes') });
      const run = await nightshift(['run', file, '--sample', '20', '--yes']);
      expect(run, run.err).toMatchObject({ code: 0, out: 'out/sampled/results.jsonl\n' });
      expect(run.err).toMatch(/sample: 20 answered, 0 failed, \$0\.\d{4} in realtime: about \$\d.* for 1,000 rows/);
      expect(run.err).toMatch(/sampled-20 +\S/);
      const results = parseLines(await nightshift(['results', 'sampled']));
      expect(results).toHaveLength(80);
      expect(results.filter(({ attempts, lane }) => attempts === 0 && lane === 'realtime')).toHaveLength(20);
      const counts = await at.control.counts();
      expect(counts).toMatchObject({ billed: 60, sync: { billed: 20 }, acrossLanes: [] });
    }),
  120_000,
);

test.runIf(whichCommand('script'))(
  'on a terminal, a sample that is not confirmed is all that is run',
  () =>
    cell('declined', async (at, nightshift) => {
      const file = written(at, 'declined.json', at.openaiJob(60));
      const said = await answerOnTerminal(at, ['run', file, '--sample', '5'], 'run all rows? [y/N]', 'n\n');
      expect(said).toContain('declined was not started');
      expect((await nightshift(['status', 'declined'])).err).toContain('no such job as declined');
      expect(parseLines(await nightshift(['results', 'declined-sample']))).toHaveLength(5);
    }),
  120_000,
);

test(
  'a key that the provider refuses is found by the doctor, by validate and before a run',
  () =>
    cell('keys', async (at, nightshift) => {
      await at.control.setOptions({ auth: { reject: 401 } });
      const file = written(at, 'keys.json', at.openaiJob(3));
      for (const command of ['validate', 'run']) {
        const { code, err } = await nightshift([command, file]);
        expect(code).toBe(1);
        expect(err).toContain("openai refuses the worker's key");
      }
      expect(parseLines(await nightshift(['doctor']))).toContainEqual(
        expect.objectContaining({
          what: 'key of openai',
          state: 'bad',
          found: 'openai refuses the key in OPENAI_API_KEY',
        }),
      );
      await at.control.setOptions({ auth: null });
      expect((await nightshift(['doctor'])).code).toBe(0);
    }),
  120_000,
);

test(
  'failures are grouped by reason, with rows and the words of the provider',
  () =>
    cell('failing', async (at, nightshift) => {
      const texts = ['[[fail:400]]', 'good', '[[fail:400]]', '[[fail:400]]', '[[fail:400]]', '[[fail:404]]'];
      const job = at.openaiJob(1);
      at.dataset(texts.length, (row) => texts[row - 1] ?? '');
      expect((await nightshift(['run', written(at, 'failing.json', job)])).code).toBe(3);
      const groups = parseLines(await nightshift(['failures', 'failing']));
      expect(groups).toMatchObject([
        { reason: 'bad_request', count: 4, rows: [{ row: 1, id: 'failing-1' }, { row: 3 }, { row: 4 }] },
        { reason: 'not_found', count: 1, rows: [{ row: 6, detail: 'Invalid request.' }] },
      ]);
      const shown = await terminalAt({ env: at.env })(['failures', 'failing']);
      expect(shown.out).toMatch(
        /bad_request\S* +4 rows, such as failing-1, failing-3, failing-4\s+the provider refused/,
      );
      expect(shown.out).toMatch(/not_found\S* +failing-6\s[\s\S]*Invalid request\./);
    }),
  120_000,
);
