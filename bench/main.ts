// `npm run bench`: measures the figures of docs/performance.md, next to a plain script that does the same work.
import '../scripts/plain-errors.ts';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { batchSeconds, type JobFigures, measureJob, measureScript } from './measure.ts';

const { values } = parseArgs({
  options: { rows: { type: 'string' }, help: { type: 'boolean', default: false } },
});
if (values.help) {
  console.log(
    'npm run bench [-- --rows 100000]   without --rows: 100,000 rows next to the plain script, then 1,000,000',
  );
  process.exit();
}
const sizes = values.rows === undefined ? [100_000, 1_000_000] : [Number(values.rows)];
const [first = 0] = sizes;
if (!sizes.every((rows) => Number.isInteger(rows) && rows > 0)) throw new Error('--rows must be a number of rows');

const number = (value: number): string => Math.round(value).toLocaleString('en');
const seconds = (value: number): string => `${value.toFixed(1)} s`;

console.log(`Node ${process.version} on ${cpus().length} cores (${cpus()[0]?.model.trim()}); the emulator, the`);
console.log(`Temporal dev server and the worker share them. A batch takes the emulated provider ${batchSeconds} s.\n`);

console.log(`plain script, ${number(first)} rows ...`);
const script = await measureScript(first);
console.log(`  wall                        ${seconds(script.seconds)}\n`);

const jobs: JobFigures[] = [];
for (const rows of sizes) {
  console.log(`job, ${number(rows)} rows ...`);
  const job = await measureJob(rows);
  jobs.push(job);
  console.log(
    `  wall                        ${seconds(job.seconds)}, ${seconds(job.seconds - batchSeconds)} besides the batches' own`,
  );
  console.log(`  plan                        ${number(rows / job.planSeconds)} rows/s`);
  console.log(`  download, classify, merge   ${number(rows / job.resultsSeconds)} rows/s`);
  console.log(`  worker's peak memory        ${number(job.workerPeakMb)} MB`);
  console.log(`  longest batch history       ${job.events} events with ${job.polls} polls\n`);
}
const same = jobs.find(({ rows }) => rows === script.rows);
if (same !== undefined) {
  const factor = (same.seconds - batchSeconds) / (script.seconds - batchSeconds);
  console.log(`besides the batches' own time, the job takes ${factor.toFixed(2)} times as long as the plain script`);
}
const [small, large] = jobs;
if (small !== undefined && large !== undefined) {
  console.log(
    `${number(large.rows / small.rows)} times the rows take ${(large.workerPeakMb / small.workerPeakMb).toFixed(2)} times the memory`,
  );
}
