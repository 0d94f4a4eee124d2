// Text from rows, answers, ids and messages of providers reaches a terminal only with its control characters made visible.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { factsText, rowsText } from '../../../client/cli/print/table.ts';
import { showControls, showControlsInLines } from '../../../client/cli/print/visible.ts';
import { printRows, printText, say, setForm } from '../../../client/cli/print.ts';
import { progressOn } from '../../../client/cli/progress.ts';
import { projectRoot } from '../../../scripts/tools/cache.ts';
import { jobStatus, recordingStream } from './fake-terminal.ts';

/** Colours the text, sets the window's title, clears the screen, begins a new line, and turns the direction of writing. */
const attack = 'bad \u001b[31mRED\u001b]0;title\u0007\u001b[2J\r\nfake \u009b1m\u202eabc\u007f';
const visible = 'bad \\u001b[31mRED\\u001b]0;title\\u0007\\u001b[2J\\r\\nfake \\u009b1m\\u202eabc\\u007f';
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
const dangerous = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

test('control characters are escaped as in JSON, and other letters stay', () => {
  expect(showControls(attack)).toBe(visible);
  expect(JSON.parse(`"${showControls(attack)}"`)).toBe(attack);
  expect(showControls('Grüße, 日本, שלום, 👍')).toBe('Grüße, 日本, שלום, 👍');
  expect(showControlsInLines('two\nlines\r')).toBe('two\nlines\\r');
});

test('in a table and in facts, a cell stays on its line', () => {
  const table = stripVTControlCharacters(rowsText([{ id: attack, state: 'running' }], Number.POSITIVE_INFINITY).text);
  expect(table.split('\n')).toEqual([expect.any(String), `${visible}  running`]);
  const facts = stripVTControlCharacters(factsText({ bad_request: [attack, attack], [attack]: 'x' }, 500));
  expect(facts.split('\n').map((line) => line.trim())).toEqual([
    `bad_request${' '.repeat(visible.length - 9)}${visible}`,
    visible,
    `${visible}  x`,
  ]);
});

test('what a command says and prints is harmless; in a pipe a script gets the text as it is', () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const { isTTY } = process.stdout;
  onTestFinished(() => {
    vi.restoreAllMocks();
    setForm(null);
    process.stdout.isTTY = isTTY;
  });
  say(`first\n${attack}`);
  process.stdout.isTTY = true;
  printText(attack, { id: attack });
  process.stdout.isTTY = false;
  printText(attack, { id: attack });
  setForm('json');
  printRows([{ id: attack }], ({ id }) => ({ id }));
  expect(said.mock.calls).toEqual([[`first\n${visible.replace('\\r\\n', '\\r\n')}`]]);
  expect(printed.mock.calls).toEqual([[visible], [attack], [`{"id":"${visible}"}`]]);
});

test.each([true, false])('the progress of a job is harmless, on a terminal (%s) and in a log', (isTTY) => {
  const { stream, text } = recordingStream({ isTTY });
  const progress = progressOn(stream, () => 60_000);
  progress.show({ ...jobStatus, alerts: [attack], pause: { reason: 'person', since: 0, note: attack } });
  progress.say(attack);
  progress.stop();
  expect(text()).toContain('\\u001b]0;title\\u0007');
  // The bars themselves move the cursor.
  expect(stripVTControlCharacters(text()).replaceAll('\r', '')).not.toMatch(dangerous);
  for (const sequence of ['\u001b[31m', '\u001b]0', '\u001b[2J']) expect(text()).not.toContain(sequence);
});

test('no other file of the command line writes to a terminal', () => {
  const folder = join(projectRoot, 'client', 'cli');
  const writes = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .filter((name) => /console\.|process\.std(out|err)\.write/.test(readFileSync(join(folder, name), 'utf8')));
  // Before main.ts has checked the version of Node, nothing else is loaded.
  expect(writes.toSorted()).toEqual(['main.ts', 'print.ts']);
});
