// The command that a stack names must reach that stack.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nameCommand } from '../../scripts/stack.ts';
import { projectRoot } from '../../scripts/tools/cache.ts';

test('a stack is named without a variable only where commands find it', () => {
  const address = '127.0.0.1:7333';
  expect(nameCommand(join(projectRoot, '.nightshift', 'other'), address)).toBe('./nightshift');
  expect(nameCommand('/elsewhere/dev', address)).toBe('TEMPORAL_ADDRESS=127.0.0.1:7333 ./nightshift');
});
