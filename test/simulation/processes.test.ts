// Seeds in several processes: each is played once, and one that ends two processes has failed.

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { playInProcesses } from '../../simulation/run/processes.ts';
import { workflowBundle } from '../support/temporal.ts';

const folder = join(tmpdir(), 'nightshift-simulation');

async function playAll(seeds: readonly number[], bundlePath: string): Promise<{ failed: number[]; lines: string[] }> {
  const lines: string[] = [];
  const say = (line: string): unknown => lines.push(line);
  const failed = await playInProcesses({ seeds, processes: 2, provider: 'openai', bundlePath, folder, say });
  return { failed, lines: lines.sort() };
}

test('two processes play each of three seeds once', async () => {
  const { failed, lines } = await playAll([1, 2, 6], workflowBundle().codePath);
  expect(failed).toEqual([]);
  expect(lines.map((line) => line.split(',')[0])).toEqual([1, 2, 6].map((seed) => `seed ${seed} of openai: holds`));
}, 120_000);

test('a seed whose process ends is played once more, then it has failed, and the next seed gets a new process', async () => {
  const { failed, lines } = await playAll([1, 2, 3], join(folder, 'no-such-bundle.js'));
  expect(failed.sort()).toEqual([1, 2, 3]);
  const endings = ['BROKEN, its process ended: 1', 'its process ended (1); it is played again'];
  expect(lines).toEqual([1, 2, 3].flatMap((seed) => endings.map((ending) => `seed ${seed}: ${ending}`)));
}, 120_000);
