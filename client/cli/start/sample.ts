// `run --sample`: sends the first rows of a job through the realtime lane, as a job of its own, and shows what they gave and cost.

import type { JobReport } from '../../../domain/report/report.ts';
import type { Job } from '../../index.ts';
import type { Nightshift } from '../../nightshift.ts';
import type { Result } from '../../results.ts';
import { follow } from '../commands/follow.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Row } from '../print/table.ts';
import { collected, say, sayRows } from '../print.ts';
import { describeCost, usd } from '../print-job.ts';
import { askPerson } from './ask-person.ts';
import { findFreshStart, type Start } from './start-job.ts';

const answerCharsMax = 60;

/** The rest of the job, which does not pay for the sample's answers again; null if it is not to be run. */
export async function runSample(jobs: Nightshift, start: Start, rows: number, yes: boolean): Promise<Start | null> {
  const { job } = start;
  if ('job' in job) throw new Error('--sample changes the job, so it cannot be sent by reference');
  if (job.resumeFrom !== undefined) throw new Error('a job with `resumeFrom` is planned already and has no sample');
  const sample = await findFreshStart(jobs, { ...start, job: toSample(job, rows), id: `${start.id}-sample` });
  await jobs.start(sample.job, sample);
  say(`started ${sample.id}`);
  await follow(jobs, sample.id);
  const report = await jobs.result(sample.id);
  const results = await collected(jobs.results(sample.id));
  sayRows(results.map(resultFacts));
  say(describeSample(report));
  if (report.rows.answered === 0) return null;
  const reply = yes ? 'yes' : await askPerson('run all rows? [y/N] ');
  if (reply === 'interrupted') process.exitCode = exitCodes.interrupted;
  if (reply !== 'yes') return null;
  // A job reuses one file of results. The user's own may hold more than the sample.
  return { ...start, job: { ...job, reuse: job.reuse ?? report.files.results } };
}

/** Without the job's own output, which is for all rows, and its route: the whole sample goes through the realtime lane. */
function toSample({ output: _, route: __, ...job }: Job, rows: number): Job {
  const dataset = typeof job.dataset === 'string' ? { uri: job.dataset } : job.dataset;
  if (dataset === undefined) return job;
  const limit = Math.min(dataset.limit ?? rows, rows);
  return { ...job, dataset: { ...dataset, limit }, mode: 'realtime' };
}

const resultFacts = ({ id, output, reason, message }: Result): Row => ({
  id,
  answer: shorten(reason === undefined ? formatOutput(output) : `${reason}: ${message}`),
});

const formatOutput = (output: Result['output']): string =>
  typeof output === 'string' ? output : JSON.stringify(output);

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= answerCharsMax ? line : `${line.slice(0, answerCharsMax - 1)}…`;
}

function describeSample({ rows, cost }: Pick<JobReport, 'rows' | 'cost'>): string {
  const paid = `sample: ${rows.answered} answered, ${rows.failed} failed, ${describeCost(cost.usd, cost.unpricedRows, 'row')} in realtime`;
  if (cost.usd === null || rows.answered === 0) return paid;
  return `${paid}: about ${usd((1000 * cost.usd) / rows.answered)} for 1,000 rows, in batches about half`;
}
