// Every path we ever write, under a job's output.

import { type BatchRef, padded } from '../domain/ids.ts';

export const jobFile = (output: string): string => `${output}job.json`;
/** Who took over a job that died, by number: created conditionally, so that only one can. */
export const takeoverFile = (output: string, takeover: number): string => `${output}takeover-${takeover}.json`;
export const resultsFile = (output: string): string => `${output}results.jsonl`;
export const failuresFile = (output: string): string => `${output}failures.jsonl`;
export const rejectsFile = (output: string): string => `${output}rejects.jsonl`;
export const reportFile = (output: string): string => `${output}report.json`;
/** The same figures as a page for people. */
export const reportPage = (output: string): string => `${output}report.html`;

/** Where all waves' plans and handles lie. */
export const planFolder = (output: string): string => `${output}plan/`;
const wavePlanFolder = (output: string, wave: number): string => `${planFolder(output)}wave-${wave}/`;
const answersFolder = (output: string, wave: number): string => `${output}answers/wave-${wave}/`;

/** Only the manifest makes a plan exist. */
export const manifestFile = (output: string, wave: number): string => `${wavePlanFolder(output, wave)}manifest.jsonl`;
/** Rows that share another's item. */
export const duplicatesFile = (output: string): string => `${wavePlanFolder(output, 1)}duplicates.jsonl`;

const planned = ({ output, wave, batch }: BatchRef): string => `${wavePlanFolder(output, wave)}batch-${padded(batch)}`;
const answered = ({ output, wave, batch }: BatchRef): string => `${answersFolder(output, wave)}batch-${padded(batch)}`;

/** The exact bytes that are sent. */
export const requestsFile = (ref: BatchRef): string => `${planned(ref)}.requests.jsonl`;
/** Item to row. */
export const itemsFile = (ref: BatchRef): string => `${planned(ref)}.items.jsonl`;
/** Which provider batch it became. */
export const handleFile = (ref: BatchRef): string => `${planned(ref)}.handle.json`;
/** Whose handle file that is. */
export function parseHandleFile(output: string, uri: string): BatchRef | null {
  const [, wave, batch] = /plan\/wave-(\d+)\/batch-(\d+)\.handle\.json$/.exec(uri) ?? [];
  return wave === undefined || batch === undefined ? null : { output, wave: Number(wave), batch: Number(batch) };
}
/** What a create was about to do: written before it, so that no reset forgets it. */
export const intentFile = (ref: BatchRef): string => `${planned(ref)}.intent.json`;

/** What the provider sent, as it sent it. */
export const rawFile = (ref: BatchRef): string => `${answered(ref)}.raw`;
/** One outcome per item, in row order. */
export const answersFile = (ref: BatchRef): string => `${answered(ref)}.jsonl`;
/** The batch's counts; its existence makes the answers final. */
export const tallyFile = (ref: BatchRef): string => `${answered(ref)}.tally.json`;
