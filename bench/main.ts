// `npm run bench`: runs the plain script and Nightshift one after the other on the same machine, and prints their figures.
import '../scripts/plain-errors.ts';
import { readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../scripts/tools/cache.ts';
import { comparePair, type Pair, summarize } from './compare.ts';
import { measureJob, measureScript } from './measure.ts';
import { describeMachine, printRun, printSummary } from './print.ts';
import { measureRatios, recordedFile } from './small/ratios.ts';

const help = `npm run bench -- [options]

  --rows N          one size; default: 100,000 rows, then 1,000,000
  --pairs N         how often the plain script and the jobs run at each size, for medians; default 1
  --threads A,B     the worker's threads in the jobs of a pair: numbers, or "all" for its default; default all,1
  --profile         write CPU profiles of the worker and its threads; profiling slows the job down
  --folder FOLDER   where the profiles go; default runs/bench-profiles
  --json            print all figures as one line of JSON
  --record          measure only CPU time per row of a small job, and record it for the test that notices when it doubles`;

const { values } = parseArgs({
  options: {
    rows: { type: 'string' },
    pairs: { type: 'string', default: '1' },
    threads: { type: 'string', default: 'all,1' },
    profile: { type: 'boolean', default: false },
    folder: { type: 'string', default: 'runs/bench-profiles' },
    json: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit();
}
if (process.platform !== 'linux') throw new Error('The benchmark reads /proc, so it runs on Linux only.');
if (values.record) {
  writeFileSync(recordedFile, `${JSON.stringify(await measureRatios(), null, 2)}\n`);
  console.log(`recorded in ${relative(projectRoot, recordedFile)}:\n${readFileSync(recordedFile, 'utf8')}`);
  process.exit();
}
const sizes = values.rows === undefined ? [100_000, 1_000_000] : [readCount('rows', values.rows)];
const pairCount = readCount('pairs', values.pairs);
const threads = values.threads.split(',').map((text) => (text === 'all' ? text : String(readCount('threads', text))));
const say = (text: string): void => {
  if (!values.json) console.log(text);
};

say(describeMachine());
const summaries = [];
for (const rows of sizes) {
  const pairs: Pair[] = [];
  for (let number = 1; number <= pairCount; number += 1) pairs.push(await runPair(rows, number));
  const summary = summarize(rows, pairs);
  if (pairCount > 1) say(printSummary(summary, pairCount));
  summaries.push({ ...summary, pairs });
}
if (values.json) console.log(JSON.stringify({ node: process.version, machine: describeMachine(), sizes: summaries }));

async function runPair(rows: number, number: number): Promise<Pair> {
  say(`\n${rows.toLocaleString('en')} rows, pair ${number} of ${pairCount}`);
  const script = await measureScript(rows);
  say(printRun('plain script', script));
  const jobs = [];
  for (const count of threads) {
    const name = count === 'all' ? 'job, all threads' : `job, threads: ${count}`;
    const job = await measureJob(rows, { threads: count, profiles: profileFolder(rows, number, count) });
    say(printRun(name, job));
    jobs.push({ threads: count, job });
  }
  const pair = comparePair(script, jobs);
  for (const { threads: count, ratio } of pair.jobs) say(`  ratio (threads: ${count})  ${ratio.toFixed(2)}`);
  return pair;
}

function profileFolder(rows: number, pair: number, count: string): string | null {
  if (!values.profile) return null;
  return resolve(projectRoot, values.folder, `${rows}-rows`, `pair-${pair}-threads-${count}`);
}

function readCount(name: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`--${name} ${text}: give a whole number from 1`);
  return count;
}
