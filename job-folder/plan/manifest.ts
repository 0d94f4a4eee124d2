// The manifest of a wave's plan, read by pages. It is written last and only once: a plan exists if its manifest does.

import type { PlannedBatch, PlanPosition, PlanSummary, WaveKind } from '../../domain/job.ts';
import type { Json } from '../../domain/outcome/outcome.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { lineCursor, lineWriter } from '../../storage/lines/json-lines.ts';
import { type Store, StoreError } from '../../storage/store.ts';
import { manifestFile } from '../paths.ts';

/** A line of the manifest: a batch, and the rows that its items came from. */
export interface ManifestEntry extends PlannedBatch {
  /** The job's route sends the batch's items through the realtime lane. */
  readonly routed?: true;
  readonly firstRow: number;
  readonly lastRow: number;
  readonly itemsCrc32: string;
}

/** If another planner has already written it, the two plans must be equal. */
export async function writeManifest(
  store: Store,
  output: string,
  entries: readonly ManifestEntry[],
  summary: PlanSummary,
): Promise<void> {
  try {
    await writeOnce(store, output, entries, summary);
  } catch (error) {
    if (!(error instanceof StoreError && error.problem === 'exists')) throw error;
    const found = await readSummary(store, output, summary.wave);
    if (JSON.stringify(found) === JSON.stringify(summary)) return;
    throw new InvariantBroken(`two planners of wave ${summary.wave} came to different plans`);
  }
}

async function writeOnce(
  store: Store,
  output: string,
  entries: readonly ManifestEntry[],
  summary: PlanSummary,
): Promise<void> {
  const writer = lineWriter(await store.create(manifestFile(output, summary.wave), { ifAbsent: true }));
  try {
    for (const entry of entries) await writer.write(JSON.stringify(entry));
    await writer.write(JSON.stringify({ summary }));
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

export interface ManifestPage {
  /** Each entry has the byte at which its line begins. */
  readonly entries: readonly (ManifestEntry & { readonly byte: number })[];
  /** Where the next page begins; null after the last batch. */
  readonly next: PlanPosition | null;
}

/** Reads up to `count` batches from a place that an earlier page named. Reads nothing of the manifest before that place. */
export async function readPage(
  store: Store,
  output: string,
  wave: number,
  at: PlanPosition,
  count: number,
): Promise<ManifestPage> {
  const entries: (ManifestEntry & { readonly byte: number })[] = [];
  for await (const { value, byte } of readLines(store, output, wave, at.byte)) {
    if (!isEntry(value)) break;
    if (entries.length === count) return { entries, next: { batch: value.batch, byte } };
    if (value.batch !== at.batch + entries.length) throw new InvariantBroken(`wave ${wave}: no batch at byte ${byte}`);
    entries.push({ ...value, byte });
  }
  return { entries, next: null };
}

/** All batches of a wave, one by one. */
export async function* readEntries(store: Store, output: string, wave: number): AsyncGenerator<ManifestEntry> {
  for await (const { value } of readLines(store, output, wave)) if (isEntry(value)) yield value;
}

/** The part of an entry that is passed through Temporal: without its rows. */
export function plannedBatch(entry: ManifestEntry): PlannedBatch {
  const { batch, lane, model, endpoint, items, bytes, requestsCrc32, estimate, fallback } = entry;
  const planned = { batch, lane, model, endpoint, items, bytes, requestsCrc32, estimate };
  return fallback === undefined ? planned : { ...planned, fallback };
}

/** Null if there is no plan yet. */
export async function readSummary(store: Store, output: string, wave: number): Promise<PlanSummary | null> {
  if ((await store.head(manifestFile(output, wave))) === null) return null;
  let summary: PlanSummary | null = null;
  for await (const { value } of readLines(store, output, wave)) if (isSummary(value)) summary = value.summary;
  if (summary === null) throw new InvariantBroken(`the manifest of wave ${wave} has no summary`);
  return summary;
}

/** The kinds of all waves that have a plan, first to last. */
export async function listPlannedWaves(store: Store, output: string): Promise<WaveKind[]> {
  const planned: WaveKind[] = [];
  for (;;) {
    const summary = await readSummary(store, output, planned.length + 1);
    if (summary === null) return planned;
    planned.push(summary.kind ?? 'first');
  }
}

type ManifestLine = ManifestEntry | { readonly summary: PlanSummary } | Json;

async function* readLines(
  store: Store,
  output: string,
  wave: number,
  start = 0,
): AsyncGenerator<{ readonly value: ManifestLine; readonly byte: number }> {
  const cursor = lineCursor(store.read(manifestFile(output, wave), { start }), { firstByte: start });
  try {
    for (let line = await cursor.next(); line !== null; line = await cursor.next()) {
      if (line.bytes !== null && line.length > 0) yield { value: JSON.parse(line.bytes.toString()), byte: line.start };
    }
  } finally {
    await cursor.close();
  }
}

function isEntry(value: ManifestLine): value is ManifestEntry {
  return typeof value === 'object' && value !== null && 'batch' in value && 'itemsCrc32' in value;
}

function isSummary(value: ManifestLine): value is { readonly summary: PlanSummary } {
  return typeof value === 'object' && value !== null && 'summary' in value;
}
