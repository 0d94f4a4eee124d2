// A question to a person: each way to answer it, on a terminal that is played.

import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { askPerson } from '../../../client/cli/start/ask-person.ts';

const ctrlC = '\u0003';
const ctrlD = '\u0004';

test.each([
  ['y\r', 'yes'],
  [' YES \r', 'yes'],
  ['n\r', 'no'],
  ['\r', 'no'],
  ['yesterday\r', 'no'],
  [ctrlD, 'no'],
  [ctrlC, 'interrupted'],
  [`y${ctrlC}`, 'interrupted'],
] as const)('%j is the answer %s', async (typed, answer) => {
  const input = new PassThrough();
  // Control keys are read only from a terminal.
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  const said = askPerson('run all rows? [y/N] ', { input, output });
  input.write(typed);
  expect(await said).toBe(answer);
  expect(String(output.read())).toContain('run all rows? [y/N] ');
});

test('the end of the input is a no', async () => {
  const input = new PassThrough();
  const said = askPerson('sure? ', { input, output: new PassThrough() });
  input.end();
  expect(await said).toBe('no');
});
