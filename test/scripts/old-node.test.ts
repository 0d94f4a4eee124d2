// What a person reads whose Node is too old, or who has none.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeOldNode } from '../../domain/node-version.ts';
import { projectRoot } from '../../scripts/tools/cache.ts';
import { said } from '../end-to-end/cli/commands.ts';

const { engines } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(engines.node) ?? [];

test('package.json, the scripts and the installed programs ask for the same Node', () => {
  expect(readFileSync(join(projectRoot, 'scripts/run.mjs'), 'utf8')).toContain(`const nodeMin = [${major}, ${minor}];`);
  expect(describeOldNode(`${major}.${minor}.0`)).toBeNull();
  expect(describeOldNode(`${Number(major) + 1}.0.0`)).toBeNull();
  for (const version of [`${major}.${Number(minor) - 1}.9`, '20.20.2', '4.9.1']) {
    expect(describeOldNode(version)).toBe(
      `Node ${version} is too old: install Node ${major}.${minor} or later (a version manager, your system's packages, nodejs.org) and run this again.`,
    );
  }
});

test('without any Node, ./nightshift says what to install', async () => {
  const { code, err } = await said('/bin/sh', [join(projectRoot, 'nightshift'), 'list'], {
    cwd: '/',
    env: { PATH: '' },
  });
  expect(code).toBe(1);
  const [, oldest] =
    /^const nodeOldest = (\d+);$/m.exec(readFileSync(join(projectRoot, 'scripts/run.mjs'), 'utf8')) ?? [];
  expect(oldest).toBeDefined();
  expect(err).toContain(`there is no Node on the PATH. Install Node ${oldest} or later, with npm`);
  expect(readFileSync(join(projectRoot, 'README.md'), 'utf8')).toContain(
    `any Node from version ${oldest} on, with npm`,
  );
});
