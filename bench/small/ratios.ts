// The small benchmark: CPU time per row of each stage by the real activities, as a multiple of a calibration on the same machine, so that it
// can be compared with what was recorded on another one. Run as a program, it prints the medians; `npm run bench -- --record` records them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../../scripts/tools/cache.ts';
import { startScript } from '../../scripts/tools/child.ts';
import { runCommand } from '../../scripts/tools/command.ts';
import { median } from '../compare.ts';
import { writeRows } from '../rows.ts';
import { calibrate } from './calibrate.ts';
import { JobSteps, type StepName } from './steps.ts';

/** For each stage, CPU time per row by the CPU time of a round of the calibration. */
export type Ratios = Readonly<Record<StepName, number>>;

export const recordedFile = join(projectRoot, 'bench', 'small', 'recorded.json');

const rows = 10_000;
const runs = 5;
const startTimeoutMs = 60_000;
const timeoutMs = 5 * 60_000;
const emulatorOptions = { validateMs: 0, runMs: 1, finalizeMs: 0 };

/** In a process of its own with no flags, so that a test and a recording measure the same. */
export async function measureRatios(): Promise<Ratios> {
  const self = fileURLToPath(import.meta.url);
  const result = await runCommand(process.execPath, [self], { cwd: projectRoot, timeoutMs });
  if (!result.ok) throw new Error(`the small benchmark failed: ${result.why}`);
  return JSON.parse(result.output);
}

/** The medians of five runs. */
async function measureHere(): Promise<Ratios> {
  const root = mkdtempSync(join(tmpdir(), 'nightshift-bench-'));
  const emulator = startScript('emulator/main.ts', ['--options', JSON.stringify(emulatorOptions), '--data', root], {
    name: 'emulator',
    cwd: projectRoot,
  });
  try {
    const { url }: { url: string } = JSON.parse(
      await emulator.waitForLine((line) => (line.startsWith('{') ? line : undefined), startTimeoutMs),
    );
    await writeRows(join(root, 'rows.jsonl'), rows);
    const steps = new JobSteps(root, `${url}/v1`);
    const measured: Ratios[] = [];
    for (let run = 1; run <= runs; run += 1) measured.push(await measureRun(steps, run));
    steps.close();
    return makeRatios((name) => median(measured.map((ratios) => ratios[name])));
  } finally {
    await emulator.stop();
    rmSync(root, { recursive: true, force: true });
  }
}

async function measureRun(steps: JobSteps, run: number): Promise<Ratios> {
  const before = calibrate();
  const cpuUs = await steps.run(`bench-${run}`, rows);
  const calibration = (before + calibrate()) / 2;
  return makeRatios((name) => cpuUs[name] / rows / calibration);
}

const makeRatios = (find: (name: StepName) => number): Ratios => ({
  plan: find('plan'),
  upload: find('upload'),
  collect: find('collect'),
  merge: find('merge'),
});

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(await measureHere()));
  process.exit();
}
