// The page about the command line says what the commands say themselves. With NIGHTSHIFT_RECORD=1 the test writes the page.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { exitCodes } from '../../../client/cli/exit-codes.ts';
import { createProgram } from '../../../client/cli/program.ts';
import { projectRoot } from '../../../scripts/tools/cache.ts';

const file = join(projectRoot, 'docs/command-line.md');
const heading = '## All commands\n';
const context = { dataRoot: '.', taskQueue: 'nightshift', jobs: () => Promise.reject(new Error('not here')) };

/** They only hold commands. `limits` also does something by itself. */
const groups = ['nightshift', 'nightshift schedule', 'nightshift queue'];

function helpOf(command: Command, path: string): string {
  command.configureOutput({ getOutHelpWidth: () => 110 });
  const name = `${path} ${command.name()}`.trim();
  const isGroup = groups.includes(name);
  const shown = command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => command.commands.includes(each));
  const section = `### ${name}\n\n\`\`\`text\n${command.helpInformation().trimEnd()}\n\`\`\`\n`;
  return [...(isGroup ? [] : [section]), ...shown.map((each) => helpOf(each, name))].join('\n');
}

test('docs/command-line.md has the help of every command; if not, run this test with NIGHTSHIFT_RECORD=1', () => {
  const text = readFileSync(file, 'utf8');
  const wanted = `${heading}\n${helpOf(createProgram(context), '')}`;
  const before = text.slice(0, text.indexOf(heading));
  if (process.env.NIGHTSHIFT_RECORD) {
    writeFileSync(file, before + wanted);
  } else {
    expect(text.slice(before.length)).toBe(wanted);
  }
});

test('docs/command-line.md has every exit code, and no other', () => {
  const listed = [...readFileSync(file, 'utf8').matchAll(/^\| (\d+) /gm)].map((match) => Number(match[1]));
  expect(listed).toEqual(Object.values(exitCodes));
});
