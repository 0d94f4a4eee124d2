// A script that is a command says what is wrong in one line.

import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { projectRoot } from '../../scripts/tools/cache.ts';
import { spawnGuarded } from '../../scripts/tools/guard.ts';

test.each([
  ['--nope', "nightshift: Unknown option '--nope'. See --help.\n"],
  ['extra', "nightshift: Unexpected argument 'extra'. See --help.\n"],
])('npm run dev -- %s', { timeout: 60_000 }, async (argument, line) => {
  const child = spawnGuarded(process.execPath, [join(projectRoot, 'scripts/dev.ts'), argument]);
  child.stdout.resume();
  const [said] = await Promise.all([text(child.stderr), once(child, 'close')]);
  expect(said).toBe(line);
  expect(child.exitCode).toBe(1);
});
