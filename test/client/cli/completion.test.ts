// Completion scripts in the shells they are for, as far as these are on this machine; their text in any case.

import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { listIds } from '../../../client/cli/commands/complete.ts';
import { completionScript, shells } from '../../../client/cli/commands/completion.ts';
import { createProgram } from '../../../client/cli/program.ts';
import { whichCommand } from '../../../scripts/tools/command.ts';

const program = createProgram({
  dataRoot: '.',
  taskQueue: 'nightshift',
  jobs: () => Promise.reject(new Error('not here')),
});
const script = (shell: (typeof shells)[number]): string => completionScript(program, shell);

test.each(shells)('the script for %s has every command', (shell) => {
  const text = script(shell);
  for (const { commands } of [program, ...program.commands]) {
    for (const command of commands) {
      if (command.name() !== 'complete') expect(text).toContain(command.name());
    }
  }
});

/** Stands for the program, which asks the server. */
const stub = `nightshift() { echo "$2-1"; echo "$2-2:00"; }`;

const cases: readonly (readonly [line: readonly string[], expected: readonly string[]])[] = [
  [['st'], ['status']],
  [['re'], ['report', 'resume', 'retry', 'results']],
  [['run', '--by'], ['--by-reference']],
  [['run', 'job.json', '--de'], ['--detach']],
  [['schedule', 'back'], ['backfill']],
  [['schedule', 'create', 'nightly', '--cat'], ['--catchup']],
  [
    ['set', 'x', '--then', 'f'],
    ['fallback', 'fail'],
  ],
  [['completion', 'z'], ['zsh']],
  [
    ['status', 'jo'],
    ['jobs-1', 'jobs-2:00'],
  ],
  [
    ['schedule', 'pause', 'sch'],
    ['schedules-1', 'schedules-2:00'],
  ],
  [['schedule', 'create', 'sch'], []],
  [['status', '--js'], ['--json']],
  [['--task-queue', 'list', 'sta'], []],
];

test.runIf(whichCommand('bash')).each(cases)('bash completes %j to %j', (line, expected) => {
  const words = ['nightshift', ...line].map((word) => `'${word}'`).join(' ');
  const ask = `${script('bash')}\n${stub}\nCOMP_WORDS=(${words}); COMP_CWORD=${line.length}; _nightshift; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const said = execFileSync('bash', ['--norc', '-c', ask], { encoding: 'utf8' });
  expect(said.split('\n').filter((word) => word !== '')).toEqual(expected);
});

test('an id is offered once, and one that cannot be typed is not offered', () => {
  const ids = ['tickets', 'a\nb', 'tickets', '\u001b[31mred', 'with space'];
  expect(listIds(ids.map((id) => ({ id })))).toEqual(['tickets', 'with space']);
});

test.runIf(whichCommand('bash'))('bash offers every id, quotes it and never runs it, whatever it contains', () => {
  const ids = ["it's", 'tickets', "tickets-'2", 'tickets 3', '$(touch pwned)', 'tickets-`x`', '*'];
  const stub = `nightshift() { printf '%s\\n' ${ids.map((id) => `$'${id.replaceAll("'", "\\'")}'`).join(' ')}; }`;
  const complete = (current: string): string[] => {
    const ask = `${script('bash')}\n${stub}\nCOMP_WORDS=(nightshift status '${current}'); COMP_CWORD=2; _nightshift; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const said = execFileSync('bash', ['--norc', '-c', ask], { encoding: 'utf8' });
    return said.split('\n').filter((word) => word !== '');
  };
  expect(complete('tick')).toEqual(['tickets', "tickets-\\'2", 'tickets\\ 3', 'tickets-\\`x\\`']);
  expect(complete('tickets\\ ')).toEqual(['tickets\\ 3']);
  expect(complete('')).toContain('\\$\\(touch\\ pwned\\)');
});

test.runIf(whichCommand('fish')).each(cases.slice(0, -1))('fish completes %j to %j', (line, expected) => {
  const typed = ['nightshift', ...line].join(' ');
  const ask = `function nightshift; echo "$argv[2]-1"; echo "$argv[2]-2:00"; end\n${script('fish')}\ncomplete -C '${typed}'`;
  const said = execFileSync('fish', ['--no-config', '-c', ask], { encoding: 'utf8' });
  const words = said.split('\n').map((each) => each.split('\t')[0] ?? '');
  expect(words.filter((word) => word !== '').toSorted()).toEqual([...expected].toSorted());
});

test.runIf(whichCommand('zsh')).each(cases.slice(0, -1))('zsh completes %j to %j', (line, expected) => {
  // What the completion system would be given is recorded instead.
  const stubs = `compdef() { :; }; _files() { :; }; compadd() { shift; for word in "$@"; do [[ $word == "$prefix"* ]] && print -r -- $word; done; return 0; }`;
  const words = ['nightshift', ...line].map((word) => `'${word}'`).join(' ');
  const ask = `${stubs}\n${stub}\n${script('zsh')}\nwords=(${words}); CURRENT=${line.length + 1}; prefix='${line.at(-1)}'; _nightshift; true`;
  const said = execFileSync('zsh', ['-f', '-c', ask], { encoding: 'utf8' });
  expect(said.split('\n').filter((word) => word !== '')).toEqual(expected);
});
