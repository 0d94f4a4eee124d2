// Merges the answers of all waves into `results.jsonl`: one line for each accepted row, in the dataset's order.

import { cancellationSignal } from '@temporalio/activity';
import type { JobRef } from '../../domain/ids.ts';
import type { JobFile, RowCounts } from '../../domain/job.ts';
import { isPending } from '../../domain/maybe-promise.ts';
import { roundKnown } from '../../domain/money/cost.ts';
import {
  type AnsweredAttempt,
  buildResult,
  buildUnsentResult,
  formatResult,
  joinFirstAnswer,
  makeDoubtful,
  type ResultFacts,
  type ResultLine,
  type WrittenResult,
} from '../../domain/outcome/merge.ts';
import { addCounts, type Counts, type ItemReason, plus } from '../../domain/outcome/outcome.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { type ExpensiveRow, MostExpensiveRows } from '../../domain/report/expensive-rows.ts';
import { namedMax } from '../../domain/report/report.ts';
import { openRows, type RowAttempts, type RowCursor } from '../../job-folder/answers.ts';
import { readJobFile } from '../../job-folder/job-file.ts';
import { resultsFile } from '../../job-folder/paths.ts';
import { readSummary } from '../../job-folder/plan/manifest.ts';
import { computeFingerprint } from '../../storage/formats/dataset.ts';
import { lineWriter } from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import { beatOnLine, heartbeating } from '../heartbeat.ts';
import { writeFailures } from './failures.ts';
import { SharedRows } from './shared-rows.ts';

export interface MergeInput extends JobRef {
  readonly waves: number;
  /** The reason of rows whose batch was never sent, as far as is known. */
  readonly unsentReason: ItemReason;
}

export interface MergeSummary {
  readonly rows: RowCounts;
  readonly answered: number;
  readonly failed: number;
  readonly byReason: Counts;
  /** Rows by the number of their attempts. */
  readonly attempts: Readonly<Record<string, number>>;
  readonly costUsd: number | null;
  /** Rows of unknown cost. Absent if an older worker merged. */
  readonly unpricedRows?: number;
  /** Absent if an older worker merged. */
  readonly dearestRows?: readonly ExpensiveRow[];
  /** Provider batches of the rows in doubt, as far as they are known: the first few. Absent if an older worker merged. */
  readonly inDoubtBatches?: readonly string[];
  /** The dataset has changed since it was planned: `failures.jsonl` and `in-doubt.jsonl` name rows without their records. */
  readonly datasetChanged: boolean;
}

type MergeDeps = Pick<ActivityDeps, 'store' | 'heavy' | 'scratch' | 'randomHex'>;

export async function merge(deps: MergeDeps, input: MergeInput): Promise<MergeSummary> {
  const job = await readJobFile(deps.store, input);
  return heartbeating(job.timing, () => deps.heavy(() => mergeAll(deps, job, input)));
}

async function mergeAll(deps: MergeDeps, job: JobFile, input: MergeInput): Promise<MergeSummary> {
  const { store } = deps;
  const plan = await readSummary(store, input.output, 1);
  if (plan?.rows === undefined) throw new InvariantBroken('there is no plan to merge by');
  await store.sweep(input.output, cancellationSignal());
  const tally = await writeResults(deps, input, plan.rows);
  const datasetChanged = (await findFingerprint(store, job.spec.dataset.uri)) !== job.fingerprint;
  await writeFailures(store, input.output, tally.failed, datasetChanged ? null : job.spec.dataset);
  return { rows: plan.rows, ...tally, datasetChanged };
}

async function writeResults(
  deps: MergeDeps,
  { output, waves, unsentReason }: MergeInput,
  rows: RowCounts,
): Promise<Omit<MergeSummary, 'rows' | 'datasetChanged'>> {
  const tally = new ResultsTally();
  const shared = await SharedRows.open(deps, output);
  const writer = lineWriter(await deps.store.create(resultsFile(output)));
  const put = ({ facts, line }: WrittenResult): void | Promise<void> => {
    tally.add(facts);
    beatOnLine(tally.lines);
    return writer.write(line);
  };
  const cursor = await openRows(
    deps.store,
    output,
    Array.from({ length: waves + 1 }, (_, wave) => wave),
  );
  try {
    await putAll(cursor, shared, unsentReason, put);
    tally.requireLines(rows.accepted + rows.duplicates + rows.carriedOver);
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    await shared.close();
    await cursor.close();
  }
  return tally.summary;
}

async function putAll(
  cursor: RowCursor,
  shared: SharedRows,
  unsentReason: ItemReason,
  put: (result: WrittenResult) => void | Promise<void>,
): Promise<void> {
  for (let next = cursor.next(); ; next = cursor.next()) {
    const attempts = isPending(next) ? await next : next;
    if (attempts === null) break;
    const result = mergeRow(attempts, unsentReason);
    const { row } = result.facts;
    if (shared.isDue(row)) await shared.putBefore(row, put);
    shared.keep(result);
    const waits = put(result);
    if (waits !== undefined) await waits;
  }
  await shared.putBefore(Number.POSITIVE_INFINITY, put);
}

function mergeRow(attempts: RowAttempts, unsentReason: ItemReason): WrittenResult {
  const [{ line, tally }, more] = attempts;
  const usual = more === undefined && tally !== null ? joinFirstAnswer(line, tally.lane, tally.batchId) : null;
  return usual ?? formatResult(mergeAttempts(attempts, unsentReason));
}

/** Batches without a tally have items and no answers: they were never sent, or their result is not known. */
function mergeAttempts(attempts: RowAttempts, unsentReason: ItemReason): ResultLine {
  const answered = attempts.flatMap(({ item, answer, entry, tally, sent }): AnsweredAttempt[] => {
    const lane = entry?.lane ?? 'batch';
    if (answer !== null) return [{ answer, lane, batchId: tally?.batchId ?? null }];
    return sent === null ? [] : [{ answer: makeDoubtful(item), lane, batchId: sent.batchId }];
  });
  const [first, ...more] = answered;
  return first === undefined ? buildUnsentResult(attempts[0].item, unsentReason) : buildResult([first, ...more]);
}

/** Null if the dataset is gone, or cannot be read. */
const findFingerprint = (store: Store, dataset: string): Promise<string | null> =>
  computeFingerprint(store, dataset, cancellationSignal()).catch(() => null);

/** Sums over the results, in the order in which they are written. */
class ResultsTally {
  #answered = 0;
  #failed = 0;
  #byReason: Counts = {};
  #costUsd: number | null = null;
  #unpricedRows = 0;
  #lastRow = 0;
  readonly #attempts: Record<string, number> = {};
  readonly #mostExpensive = new MostExpensiveRows();
  readonly #inDoubtBatches = new Set<string>();

  add(result: ResultFacts): void {
    if (result.row <= this.#lastRow) throw new InvariantBroken(`row ${result.row} comes after row ${this.#lastRow}`);
    this.#lastRow = result.row;
    if (result.status === 'answered') {
      this.#answered += 1;
    } else {
      this.#failed += 1;
      this.#byReason = addCounts(this.#byReason, { [result.reason ?? 'provider_error']: 1 });
      if (result.reason === 'in_doubt') this.#nameBatch(result.batchId ?? null);
    }
    this.#attempts[result.attempts] = (this.#attempts[result.attempts] ?? 0) + 1;
    this.#costUsd = plus(this.#costUsd, result.costUsd);
    if (result.costUsd === null) this.#unpricedRows += 1;
    this.#mostExpensive.add(result.row, result.costUsd);
  }

  #nameBatch(batchId: string | null): void {
    if (batchId !== null && this.#inDoubtBatches.size < namedMax) this.#inDoubtBatches.add(batchId);
  }

  get lines(): number {
    return this.#answered + this.#failed;
  }

  requireLines(expected: number): void {
    if (this.lines !== expected) {
      throw new InvariantBroken(`${expected} rows were accepted, ${this.lines} have a result`);
    }
  }

  get summary(): Omit<MergeSummary, 'rows' | 'datasetChanged'> {
    return {
      answered: this.#answered,
      failed: this.#failed,
      byReason: this.#byReason,
      attempts: this.#attempts,
      costUsd: roundKnown(this.#costUsd),
      unpricedRows: this.#unpricedRows,
      dearestRows: this.#mostExpensive.rows,
      inDoubtBatches: [...this.#inDoubtBatches],
    };
  }
}
