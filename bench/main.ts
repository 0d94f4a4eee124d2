// `npm run bench`: runs the plain script and Nightshift one after the other on the same machine, and prints their figures.
import '../scripts/plain-errors.ts';
import { readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../scripts/tools/cache.ts';
import { comparePair, type Pair, summarize } from './compare.ts';
import { measureEvents } from './gateway/measure-events.ts';
import { measureIntake } from './gateway/measure-intake.ts';
import { measureTier } from './gateway/measure-tier.ts';
import { type JobFigures, measureJob, measureScript } from './measure.ts';
import {
  describeMachine,
  ownTimes,
  printDispatcher,
  printEvents,
  printIntake,
  printRun,
  printSummary,
  printTier,
  printTransfer,
} from './print.ts';
import { measureDispatcher } from './small/dispatcher.ts';
import { measureRatios, recordedFile } from './small/ratios.ts';
import { type StoreName, storeNames } from './stores.ts';
import { measureTransfers, type Transfer, transferProviders } from './transfers.ts';

const help = `npm run bench -- [options]

  --rows N          one size; default: 100,000 rows, then 1,000,000
  --pairs N         how often the plain script and the jobs run at each size, for medians; default 1
  --threads A,B     the worker's threads in the jobs of a pair: numbers, or "all" for its default; default all,1
  --profile         write CPU profiles of the worker and its threads; profiling slows the job down
  --folder FOLDER   where the profiles go; default runs/bench-profiles
  --json            print all figures as one line of JSON
  --stores A,B      run the job without the script, with dataset and output on disk, s3 or gcs (servers on this machine), and compare
                    the others with the first
  --transfers       measure one batch of 200 MB, or of what the provider takes, up and down: through each provider on disk, and on
                    s3 and gcs through openai, which takes a file, and anthropic, whose create carries the requests;
                    with --stores, through each provider on each of them
  --megabytes N     for --transfers, another size
  --providers A,B   for --transfers; default all with batches
  --intake          measure the intake of a queue through the gateway, on disk and s3, in calls of 100 items and of one; with --stores, on each
                    of them
  --tier            measure the asynchronous tier: from the call with an item to the message that its answer is there
  --seconds N       how long items come: for --intake, of each load, default 60; for --tier, default 240
  --dispatcher      measure only the dispatcher's decisions, with 5,000 waiting batches of 200 tenants
  --events          measure only the gateway's events: how late they are, and what 1,000 readers hold
  --record          measure only CPU time per row of a small job, and record it for the test that notices when it doubles`;

const { values } = parseArgs({
  options: {
    rows: { type: 'string' },
    pairs: { type: 'string', default: '1' },
    threads: { type: 'string', default: 'all,1' },
    profile: { type: 'boolean', default: false },
    folder: { type: 'string', default: 'runs/bench-profiles' },
    json: { type: 'boolean', default: false },
    stores: { type: 'string' },
    transfers: { type: 'boolean', default: false },
    megabytes: { type: 'string', default: '200' },
    providers: { type: 'string', default: transferProviders.join(',') },
    intake: { type: 'boolean', default: false },
    tier: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    dispatcher: { type: 'boolean', default: false },
    events: { type: 'boolean', default: false },
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
if (values.dispatcher) {
  const figures = measureDispatcher();
  console.log(values.json ? JSON.stringify(figures) : printDispatcher(figures));
  process.exit();
}
if (values.events) {
  const figures = await measureEvents();
  console.log(values.json ? JSON.stringify(figures) : `${describeMachine()}\n${printEvents(figures)}`);
  process.exit();
}
if (values.tier) {
  const figures = await measureTier(readCount('seconds', values.seconds ?? '240'));
  console.log(values.json ? JSON.stringify(figures) : `${describeMachine()}\n${printTier(figures)}`);
  process.exit();
}
const stores = values.stores?.split(',').map(readStore);
const say = (text: string): void => {
  if (!values.json) console.log(text);
};
if (values.transfers) {
  say(describeMachine());
  const transfers = await runTransfers(values.providers.split(','));
  if (values.json) console.log(JSON.stringify({ machine: describeMachine(), transfers }));
  process.exit();
}
if (values.intake) {
  say(describeMachine());
  const seconds = readCount('seconds', values.seconds ?? '60');
  const intake = await measureIntake(stores ?? ['disk', 's3'], seconds, (each) => say(printIntake(each)));
  if (values.json) console.log(JSON.stringify({ machine: describeMachine(), intake }));
  process.exit();
}
const sizes = values.rows === undefined ? [100_000, 1_000_000] : [readCount('rows', values.rows)];
const pairCount = readCount('pairs', values.pairs);
const threads = values.threads.split(',').map((text) => (text === 'all' ? text : String(readCount('threads', text))));
say(`${describeMachine()}\n${ownTimes}`);
if (stores !== undefined) {
  const jobs = [];
  for (const rows of sizes) jobs.push(...(await compareStores(rows, stores)));
  if (values.json) console.log(JSON.stringify({ machine: describeMachine(), jobs }));
  process.exit();
}
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
    const job = await measureJob(rows, { store: 'disk', threads: count, profiles: profileFolder(rows, number, count) });
    say(printRun(name, job));
    jobs.push({ threads: count, job });
  }
  const pair = comparePair(script, jobs);
  for (const { threads: count, ratio } of pair.jobs) say(`  ratio (threads: ${count})  ${ratio.toFixed(2)}`);
  return pair;
}

interface JobOnStore extends JobFigures {
  readonly store: StoreName;
  /** The job's time by that on the first store, both without the batches' own time. */
  readonly ratio: number;
}

async function compareStores(rows: number, names: readonly StoreName[]): Promise<JobOnStore[]> {
  say(`\n${rows.toLocaleString('en')} rows`);
  const jobs: JobOnStore[] = [];
  for (const store of names) {
    const profiles = values.profile ? resolve(projectRoot, values.folder, `${rows}-rows`, store) : null;
    const job = await measureJob(rows, { store, threads: 'all', profiles });
    say(printRun(`job on ${store}`, job));
    const ratio = job.ownSeconds / (jobs[0] ?? job).ownSeconds;
    if (jobs.length > 0) say(`  ratio (${store} to ${names[0]})  ${ratio.toFixed(2)}`);
    jobs.push({ ...job, store, ratio });
  }
  return jobs;
}

async function runTransfers(names: readonly string[]): Promise<Transfer[]> {
  const megabytes = readCount('megabytes', values.megabytes);
  const others = ['anthropic', 'openai'];
  const runs = stores?.map((store) => ({ store, names })) ?? [
    { store: 'disk' as const, names },
    { store: 's3' as const, names: others },
    { store: 'gcs' as const, names: others },
  ];
  const all = [];
  for (const run of runs) {
    all.push(...(await measureTransfers({ ...run, megabytes }, (each) => say(printTransfer(each)))));
  }
  return all;
}

function readStore(name: string): StoreName {
  const known = storeNames.find((store) => store === name);
  if (known === undefined) throw new Error(`--stores ${name}: give some of ${storeNames.join(', ')}`);
  return known;
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
