// Merges the answers of all waves into `results.jsonl`, one line for each accepted row in the dataset's order, and writes the rows without an
// answer into files of their own in the same pass.

import { cancellationSignal } from '@temporalio/activity';
import type { DatasetUri } from '../../domain/dataset.ts';
import type { JobRef } from '../../domain/ids.ts';
import type { JobFile, RowCounts } from '../../domain/job.ts';
import type { ResultLine, WrittenResult } from '../../domain/outcome/merge.ts';
import type { ItemReason } from '../../domain/outcome/outcome.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { listAnswerTracks } from '../../job-folder/answers.ts';
import { readJobFile } from '../../job-folder/job-file.ts';
import { resultsFile } from '../../job-folder/paths.ts';
import { readSummary } from '../../job-folder/plan/manifest.ts';
import { computeFingerprint } from '../../storage/formats/dataset.ts';
import { type LineWriter, lineWriter } from '../../storage/lines/json-lines.ts';
import { type Store, StoreError } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import { TryAgain } from '../failure.ts';
import { heartbeating } from '../heartbeat.ts';
import { forgetAllChunks } from '../realtime/forget-chunks.ts';
import { AnswerSource, type Run } from './answer-source.ts';
import { FailedRows } from './failed-rows.ts';
import { mergeSources } from './merge-sources.ts';
import { writeResultsTable } from './results-table.ts';
import { type ResultsSummary, ResultsTally } from './results-tally.ts';
import { SharedRows } from './shared-rows.ts';

export interface MergeInput extends JobRef {
  readonly waves: number;
  /** The reason of rows whose batch was never sent, as far as is known. */
  readonly unsentReason: ItemReason;
}

export interface MergeSummary extends ResultsSummary {
  readonly rows: RowCounts;
  /** The dataset has changed since it was planned: `failures.jsonl` and `in-doubt.jsonl` name rows without their records. */
  readonly datasetChanged: boolean;
}

type MergeDeps = Pick<ActivityDeps, 'store' | 'heavy' | 'threads' | 'scratch' | 'randomHex'>;

export async function merge(deps: MergeDeps, input: MergeInput): Promise<MergeSummary> {
  const job = await readJobFile(deps.store, input);
  return heartbeating(job.timing, () => deps.heavy(() => mergeAll(deps, job, input)));
}

async function mergeAll(deps: MergeDeps, job: JobFile, input: MergeInput): Promise<MergeSummary> {
  const { store } = deps;
  const plan = await readSummary(store, input.output, 1);
  if (plan?.rows === undefined) throw new InvariantBroken('there is no plan to merge by');
  await store.sweep(input.output, { signal: cancellationSignal() });
  await forgetAllChunks(store, input.output, input.waves);
  const { dataset } = job.spec;
  const fingerprint = await findFingerprint(store, dataset.uri);
  const datasetChanged = fingerprint !== job.fingerprint;
  const failed = await FailedRows.create(store, input.output, datasetChanged ? null : dataset);
  try {
    const summary = await writeResults(deps, input, plan.rows, failed);
    if ((await findFingerprint(store, dataset.uri)) !== fingerprint) {
      throw new TryAgain('the dataset changed while the failed rows were read from it', 0);
    }
    await writeResultsTable(store, input.output, job.spec.outputFormat);
    // Last, since the files of failed rows show that the merge is complete.
    await failed.close();
    return { rows: plan.rows, ...summary, datasetChanged };
  } catch (error) {
    await failed.abort();
    throw error;
  }
}

async function writeResults(
  deps: MergeDeps,
  { output, waves, unsentReason }: MergeInput,
  rows: RowCounts,
  failed: FailedRows,
): Promise<ResultsSummary> {
  const { store, threads } = deps;
  const shared = await SharedRows.open(deps, output);
  const sources = (await listAnswerTracks(store, output, waves)).map(
    (files) => new AnswerSource(store, threads, files),
  );
  const results = new Results(lineWriter(await store.create(resultsFile(output))), failed);
  try {
    await mergeSources(sources, { shared, unsentReason, results });
    return await results.close(rows.accepted + rows.duplicates + rows.carriedOver);
  } catch (error) {
    await results.abort();
    throw error;
  } finally {
    await shared.close();
    for (const source of sources) await source.close();
  }
}

/** The results file, its sums, and the rows of it that failed. */
class Results {
  readonly #writer: LineWriter;
  readonly #failed: FailedRows;
  readonly #tally = new ResultsTally();

  constructor(writer: LineWriter, failed: FailedRows) {
    this.#writer = writer;
    this.#failed = failed;
  }

  async put({ facts, line }: WrittenResult): Promise<void> {
    this.#tally.add(facts);
    await this.#writer.write(line);
    // Only of an answer are there not all facts.
    if (facts.status === 'failed') await this.#failed.write(facts as ResultLine);
  }

  putRun(run: Run): void | Promise<void> {
    this.#tally.addRun(run);
    return this.#writer.writeLines(run.bytes, run.rows.length);
  }

  async close(lines: number): Promise<ResultsSummary> {
    this.#tally.requireLines(lines);
    await this.#writer.close();
    return this.#tally.summary;
  }

  abort(): Promise<void> {
    return this.#writer.abort();
  }
}

/** Null if the dataset is gone. If it cannot be read for any other reason, the merge is tried again: the failed rows need their records. */
async function findFingerprint(store: Store, uri: DatasetUri): Promise<string | null> {
  try {
    return await computeFingerprint(store, uri, cancellationSignal());
  } catch (error) {
    if (error instanceof StoreError && (error.problem === 'missing' || error.problem === 'no_bucket')) return null;
    throw error;
  }
}
