// Every path that a job writes, under its output. docs/job-folder.md describes each file.

import { type BatchRef, padded } from '../domain/ids.ts';
import { hashHex } from './identity.ts';

/** The claim, and the resolved job. */
export const jobFile = (output: string): string => `${output}job.json`;
/** The claim of a workflow that takes over. Created only if absent: if several want the folder, one gets it. */
export const takeoverFile = (output: string, takeover: number): string => `${output}takeover-${takeover}.json`;
/** One line for each accepted row, in dataset order. */
export const resultsFile = (output: string): string => `${output}results.jsonl`;
/** The same as a table, if the job asks for one. */
export const tableFile = (output: string, format: 'csv' | 'parquet'): string => `${output}results.${format}`;
/** The failed rows with their records, except those in doubt. */
export const failuresFile = (output: string): string => `${output}failures.jsonl`;
/** The rows for which it is not known whether they ran, with their records. */
export const inDoubtFile = (output: string): string => `${output}in-doubt.jsonl`;
/** The refused rows. */
export const rejectsFile = (output: string): string => `${output}rejects.jsonl`;
/** The job's figures. Written last: if it exists, the job is finished. */
export const reportFile = (output: string): string => `${output}report.json`;
/** The same figures as a page for people. */
export const reportPage = (output: string): string => `${output}report.html`;

/** An image of an answer, by the name that the answer's reference gives. */
export const imageFile = (output: string, name: string): string => `${output}${name}`;

/** Holds the plans and handles of all waves. */
export const planFolder = (output: string): string => `${output}plan/`;
const wavePlanFolder = (output: string, wave: number): string => `${planFolder(output)}wave-${wave}/`;
/** Holds the answers and journals of all waves. */
export const answersFolder = (output: string): string => `${output}answers/`;
const waveAnswersFolder = (output: string, wave: number): string => `${answersFolder(output)}wave-${wave}/`;

/** A wave's plan exists once its manifest exists, and not before. */
export const manifestFile = (output: string, wave: number): string => `${wavePlanFolder(output, wave)}manifest.jsonl`;
/** How far planning has come, in numbered parts. */
export const partsPrefix = (output: string): string => `${manifestFile(output, 1)}.part-`;
const partPath = (output: string, number: number): string => `${partsPrefix(output)}${padded(number)}`;
export const partFile = (output: string, number: number): string => `${partPath(output, number)}.json`;
/** The lists of rows that are not in a batch. Each part holds a piece of each list. */
export type RowList = 'rejects' | 'duplicates' | 'carried';
export const pieceFile = (output: string, number: number, list: RowList): string =>
  `${partPath(output, number)}.${list}.jsonl`;
/** Rows that share another row's item. */
export const duplicatesFile = (output: string): string => `${wavePlanFolder(output, 1)}duplicates.jsonl`;

const planPath = ({ output, wave, batch }: BatchRef): string => `${wavePlanFolder(output, wave)}batch-${padded(batch)}`;
const answersPath = ({ output, wave, batch }: BatchRef): string =>
  `${waveAnswersFolder(output, wave)}batch-${padded(batch)}`;

/** The exact bytes that are sent. */
export const requestsFile = (ref: BatchRef): string => `${planPath(ref)}.requests.jsonl`;
/** The row of each item. */
export const itemsFile = (ref: BatchRef): string => `${planPath(ref)}.items.jsonl`;

const handleEnding = '.handle.json';
/** The provider batch that the batch became. */
export const handleFile = (ref: BatchRef): string => `${planPath(ref)}${handleEnding}`;
export const isHandleFile = (uri: string): boolean => uri.endsWith(handleEnding);
/** The batch that a handle file belongs to; null if the uri is not a handle file. */
export function parseHandleFile(output: string, uri: string): BatchRef | null {
  const [, wave, batch] = /plan\/wave-(\d+)\/batch-(\d+)\.handle\.json$/.exec(uri) ?? [];
  return wave === undefined || batch === undefined ? null : { output, wave: Number(wave), batch: Number(batch) };
}
/** The provider batches of the job. */
export const ownedFolder = (output: string): string => `${planFolder(output)}owned/`;
/** The submission that owns a provider batch. The name is a hash of the provider's id, which may contain characters that a file name cannot. */
export const ownedFile = (output: string, id: string): string => `${ownedFolder(output)}${hashHex(id, 24)}.owner.json`;
/** Written before a create is sent, so that no later attempt, reset or takeover can miss it. */
export const intentFile = (ref: BatchRef): string => `${planPath(ref)}.intent.json`;

/** Written when a create without a known result is given up: a list that lags for very long may still show its batch. */
export const givenUpFile = (ref: BatchRef): string => `${planPath(ref)}.given-up.json`;

/** How the batch's provider batches ended, and what was read of them. */
export const endedFile = (ref: BatchRef): string => `${planPath(ref)}.ended.json`;

/** A provider batch's lines as sent; a further batch found for the same submission has its own number, from 1. */
export const rawFile = (ref: BatchRef, twin = 0): string =>
  twin === 0 ? `${answersPath(ref)}.raw` : `${answersPath(ref)}.twin-${twin}.raw`;
/** The notes and answers of one attempt of the realtime lane; numbered from 1. */
export const journalFile = (ref: BatchRef, number: number): string => `${answersPath(ref)}.journal-${number}.raw`;
/** One outcome for each item, in row order. */
export const answersFile = (ref: BatchRef): string => `${answersPath(ref)}.jsonl`;
/** The first of these lines of a part of a realtime batch, while the batch runs. `first` is the place of its first item, from 1. */
export const chunkFile = (ref: BatchRef, first: number): string => `${answersPath(ref)}.chunk-${first}.jsonl`;
/** The batch's counts. If it exists, the answers are final. */
export const tallyFile = (ref: BatchRef): string => `${answersPath(ref)}.tally.json`;
/** The sums of the tallies from one batch on. If it exists, each of these batches has its tally. */
export const rollUpFile = (output: string, wave: number, from: number): string =>
  `${waveAnswersFolder(output, wave)}roll-up-${padded(from)}.json`;
