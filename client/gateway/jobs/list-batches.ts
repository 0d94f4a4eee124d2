// `GET /api/jobs/:id/batches`: a page of a job's batches. A worker knows those of a running job. The folder knows those of a job that has ended, in
// all its waves, and those that run in segments.

import type { Lane, Tally } from '../../../domain/outcome/outcome.ts';
import { manifestFile } from '../../../job-folder/paths.ts';
import { type ManifestEntry, readEntries } from '../../../job-folder/plan/manifest.ts';
import { readHandle } from '../../../job-folder/submission.ts';
import { readTallies } from '../../../job-folder/tallies.ts';
import type { Store } from '../../../storage/store.ts';
import { placeNextTo } from '../../results.ts';
import type { GatewayParts } from '../parts.ts';

/** A batch as far as its files show it. */
interface FiledBatch {
  readonly wave: number;
  readonly batch: number;
  readonly lane: Lane;
  readonly model: string;
  readonly items: number;
  readonly stage: 'done' | 'running' | 'not_started';
  /** When it ended, or else when it was created; null if that is not known. */
  readonly since: number | null;
  readonly batchId: string | null;
  readonly done: number;
  readonly failed: number;
  readonly costUsd: number | null;
}

interface Pages<Batch> {
  readonly total: number;
  readonly offset: number;
  readonly batches: readonly Batch[];
  readonly segments: readonly string[];
}

interface Range {
  readonly offset: number;
  readonly limit: number;
}

export async function listBatches({ jobs, store }: GatewayParts, id: string, range: Range): Promise<Pages<object>> {
  const { results } = await jobs.describe(id);
  if (results !== null) {
    const page = await readFiledBatches(store, placeNextTo(results, ''), range);
    // Somebody may have moved the folder.
    if (page.total > 0) return page;
  }
  const page = await jobs.batches(id, range);
  if (results !== null || page.segments.length === 0) return page;
  const { output } = await jobs.status(id);
  return readFiledBatches(store, output, range);
}

/** Wave by wave, in the order of the plans. */
async function readFiledBatches(store: Store, output: string, { offset, limit }: Range): Promise<Pages<FiledBatch>> {
  let total = 0;
  const shown: (ManifestEntry & { readonly wave: number })[] = [];
  for (let wave = 1; (await store.head(manifestFile(output, wave))) !== null; wave += 1) {
    for await (const entry of readEntries(store, output, wave)) {
      if (total >= offset && shown.length < limit) shown.push({ ...entry, wave });
      total += 1;
    }
  }
  const refs = shown.map(({ wave, batch }) => ({ output, wave, batch }));
  const tallies = await readTallies(store, refs);
  const batches = await Promise.all(
    shown.map(async (entry, index) => {
      const tally = tallies[index] ?? null;
      const progress = tally === null ? await readOpen(store, output, entry) : describeSettled(tally);
      const { wave, batch, lane, model, items } = entry;
      return { wave, batch, lane, model, items, ...progress };
    }),
  );
  return { total, offset, batches, segments: [] };
}

type Progress = Pick<FiledBatch, 'stage' | 'since' | 'batchId' | 'done' | 'failed' | 'costUsd'>;

function describeSettled({ answered, items, endedAt, createdAt, batchId, costUsd }: Tally): Progress {
  const since = endedAt ?? createdAt;
  return { stage: 'done', since, batchId, done: answered, failed: items - answered, costUsd };
}

async function readOpen(
  store: Store,
  output: string,
  { wave, batch }: Pick<FiledBatch, 'wave' | 'batch'>,
): Promise<Progress> {
  const record = await readHandle(store, { output, wave, batch });
  const stage = record === null ? 'not_started' : 'running';
  return { stage, since: null, batchId: record?.handle.id ?? null, done: 0, failed: 0, costUsd: null };
}
