// Puts every accepted row's one line into `results.jsonl`, in the dataset's order, and the failed ones with their row into `failures.jsonl`.

import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { JobFile, RowCounts } from '../../domain/job.ts';
import { isPending } from '../../domain/maybe-promise.ts';
import {
  type AnsweredAttempt,
  buildResult,
  joinFirstAnswer,
  type ResultFacts,
  type ResultLine,
  unsent,
  type WrittenResult,
  written,
} from '../../domain/outcome/merge.ts';
import { addCounts, type Counts, type ItemReason, type Json, plus } from '../../domain/outcome/outcome.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { Dearest, type DearRow } from '../../domain/report/dearest.ts';
import { openRows, type RowAttempts } from '../../job-folder/answers.ts';
import { readJobFile } from '../../job-folder/job-file.ts';
import { readSummary } from '../../job-folder/manifest.ts';
import { failuresFile, resultsFile } from '../../job-folder/paths.ts';
import { computeFingerprint, readDataset } from '../../storage/formats/dataset.ts';
import { type LineCursor, type LineWriter, lineCursor, lineWriter } from '../../storage/lines/json-lines.ts';
import type { ActivityDeps } from '../deps.ts';
import { heartbeating } from '../heartbeat.ts';
import { SharedRows } from './shared-rows.ts';

export interface MergeInput {
  readonly output: string;
  readonly waves: number;
  /** What is said of rows whose batch was never sent. */
  readonly unsentReason: ItemReason;
}

export interface MergeSummary {
  readonly rows: RowCounts;
  readonly answered: number;
  readonly failed: number;
  readonly byReason: Counts;
  /** How many rows took how many sendings. */
  readonly attempts: Readonly<Record<string, number>>;
  readonly costUsd: number | null;
  /** Absent where an older worker merged. */
  readonly dearestRows?: readonly DearRow[];
  /** The dataset is no longer what was planned from: `failures.jsonl` names rows without their records. */
  readonly datasetChanged: boolean;
}

const beatEvery = 5000;

export async function merge(deps: ActivityDeps, input: MergeInput): Promise<MergeSummary> {
  const job = await readJobFile(deps, input.output);
  return heartbeating(job.timing, () => deps.heavy(() => mergeAll(deps, job, input)));
}

async function mergeAll(deps: ActivityDeps, job: JobFile, input: MergeInput): Promise<MergeSummary> {
  const plan = await readSummary(deps.store, input.output, 1);
  if (plan?.rows === undefined) throw new InvariantBroken('there is no plan to merge by');
  await deps.store.sweep(input.output, cancellationSignal());
  const tally = await writeResults(deps, input, plan.rows);
  const datasetChanged = (await fingerprintNow(deps, job)) !== job.fingerprint;
  await writeFailures(deps, input.output, tally.failed, datasetChanged ? null : job);
  return { rows: plan.rows, ...tally, datasetChanged };
}

const fingerprintNow = (deps: ActivityDeps, job: JobFile): Promise<string | null> =>
  computeFingerprint(deps.store, job.spec.dataset.uri, cancellationSignal()).catch(() => null);

class ResultsTally {
  answered = 0;
  failed = 0;
  byReason: Counts = {};
  costUsd: number | null = null;
  lastRow = 0;
  readonly attempts: Record<string, number> = {};
  readonly dearest = new Dearest();

  add(result: ResultFacts): void {
    if (result.row <= this.lastRow) throw new InvariantBroken(`row ${result.row} comes after row ${this.lastRow}`);
    this.lastRow = result.row;
    if (result.status === 'answered') {
      this.answered += 1;
    } else {
      this.failed += 1;
      this.byReason = addCounts(this.byReason, { [result.reason ?? 'provider_error']: 1 });
    }
    this.attempts[result.attempts] = (this.attempts[result.attempts] ?? 0) + 1;
    this.costUsd = plus(this.costUsd, result.costUsd);
    this.dearest.add(result.row, result.costUsd);
  }

  get lines(): number {
    return this.answered + this.failed;
  }
}

async function writeResults(
  deps: ActivityDeps,
  input: MergeInput,
  rows: RowCounts,
): Promise<Omit<MergeSummary, 'rows' | 'datasetChanged'>> {
  const tally = new ResultsTally();
  const shared = await SharedRows.open(deps, input.output);
  const writer = lineWriter(await deps.store.create(resultsFile(input.output)));
  const put = ({ facts, line }: WrittenResult): void | Promise<void> => {
    tally.add(facts);
    if (tally.lines % beatEvery === 0) beat(tally.lines);
    return writer.write(line);
  };
  const cursor = await openRows(
    deps.store,
    input.output,
    Array.from({ length: input.waves + 1 }, (_, wave) => wave),
  );
  try {
    for (let next = cursor.next(); ; next = cursor.next()) {
      const attempts = isPending(next) ? await next : next;
      if (attempts === null) break;
      const result = resultFrom(attempts, input.unsentReason);
      const { row } = result.facts;
      if (shared.isDue(row)) await shared.before(row, put);
      shared.keep(result);
      const done = put(result);
      if (isPending(done)) await done;
    }
    await shared.before(Number.POSITIVE_INFINITY, put);
    const expected = rows.accepted + rows.duplicates + rows.carriedOver;
    if (tally.lines !== expected) {
      throw new InvariantBroken(`${expected} rows were accepted, ${tally.lines} have a result`);
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    await shared.close();
    await cursor.close();
  }
  const { answered, failed, byReason, attempts, costUsd, dearest } = tally;
  return { answered, failed, byReason, attempts, costUsd, dearestRows: dearest.rows };
}

function beat(progress: number): void {
  heartbeat(progress);
  cancellationSignal().throwIfAborted();
}

function resultFrom(sendings: RowAttempts, unsentReason: ItemReason): WrittenResult {
  const [{ line, tally }, more] = sendings;
  const usual = more === undefined && tally !== null ? joinFirstAnswer(line, tally.lane, tally.batchId) : null;
  return usual ?? written(resultOfAll(sendings, unsentReason));
}

function resultOfAll(sendings: RowAttempts, unsentReason: ItemReason): ResultLine {
  const sent = sendings.flatMap(({ answer, tally }): AnsweredAttempt[] =>
    answer === null ? [] : [{ answer, lane: tally?.lane ?? 'batch', batchId: tally?.batchId ?? null }],
  );
  const [first, ...more] = sent;
  return first === undefined ? unsent(sendings[0].item, unsentReason) : buildResult([first, ...more]);
}

/** Failed rows with their record as it was given, ready to be the next job's dataset. Without a job to read rows by, only named. */
async function writeFailures(deps: ActivityDeps, output: string, count: number, job: JobFile | null): Promise<void> {
  const writer = lineWriter(await deps.store.create(failuresFile(output)));
  const results = lineCursor(deps.store.read(resultsFile(output)));
  const failures = failuresIn(results, count);
  try {
    if (job !== null) {
      await joinRecords(deps, job, failures, writer);
    } else {
      for await (const failure of failures) await writer.write(failureLine({ id: failure.id }, failure));
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    await results.close();
  }
}

async function joinRecords(
  deps: ActivityDeps,
  job: JobFile,
  failures: AsyncGenerator<ResultLine, void>,
  writer: LineWriter,
): Promise<void> {
  let { value: failure } = await failures.next();
  if (failure === undefined) return;
  const { uri, format, limit } = job.spec.dataset;
  for await (const rows of readDataset(deps.store, { uri, format, limit }, { signal: cancellationSignal() })) {
    beat(rows.at(-1)?.row ?? 0);
    for (const row of rows) {
      if (failure === undefined) return;
      if (row.row !== failure.row) continue;
      if (row.kind === 'row') await writer.write(failureLine(row.record, failure));
      ({ value: failure } = await failures.next());
    }
  }
}

const failureLine = (record: { [column: string]: Json }, { row, reason, message }: ResultLine): string =>
  JSON.stringify({ ...record, nightshift: { row, reason, message } });

const statusMark = Buffer.from('"status":"');
const failedMark = 'f'.charCodeAt(0);

/** As many as there are: nothing is read where nothing failed, nor after the last. */
async function* failuresIn(results: LineCursor, count: number): AsyncGenerator<ResultLine, void> {
  for (let left = count; left > 0; ) {
    const next = results.next();
    const line = isPending(next) ? await next : next;
    if (line?.bytes == null) return;
    // Stands before anything that is not ours but the id, in which quotes are escaped.
    if (line.bytes[line.bytes.indexOf(statusMark) + statusMark.length] !== failedMark) continue;
    left -= 1;
    yield JSON.parse(line.bytes.toString());
  }
}
