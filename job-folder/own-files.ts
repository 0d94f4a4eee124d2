// Names that a job's own files have: a dataset must not match one of them.

import { matchesPattern } from '../domain/dataset.ts';
import { wavesMax } from '../domain/limits.ts';
import { nameImage } from '../domain/outcome/image-file.ts';
import {
  answersFile,
  chunkFile,
  duplicatesFile,
  endedFile,
  failuresFile,
  givenUpFile,
  handleFile,
  imageFile,
  inDoubtFile,
  intentFile,
  itemsFile,
  jobFile,
  journalFile,
  manifestFile,
  ownedFile,
  partFile,
  pieceFile,
  rawFile,
  rejectsFile,
  reportFile,
  reportPage,
  requestsFile,
  resultsFile,
  rollUpFile,
  tableFile,
  takeoverFile,
  tallyFile,
} from './paths.ts';

/** A file that the job may write and the pattern of a dataset matches, in any of its waves and batches; undefined if there is none. */
export function findOwnMatch(output: string, pattern: string): string | undefined {
  const numbers = [...new Set([1, ...(pattern.match(/\d+/g) ?? []).map(Number)])];
  const pairs = numbers.flatMap((wave) => (wave > wavesMax ? [] : numbers.map((number) => [wave, number] as const)));
  for (const pair of pairs) {
    const own = listOwnFiles(output, ...pair).find((uri) => matchesPattern(pattern, uri));
    if (own !== undefined) return own;
  }
  return undefined;
}

/** One example of each kind of file that a job may write, the results first. `number` is that of a batch, and of what else is numbered. */
export function listOwnFiles(output: string, wave = 1, number = 1): readonly string[] {
  const batch = { output, wave, batch: number };
  return [
    resultsFile(output),
    ...[failuresFile, inDoubtFile, rejectsFile, jobFile, reportFile, reportPage].map((name) => name(output)),
    ...(['csv', 'parquet'] as const).map((format) => tableFile(output, format)),
    takeoverFile(output, number),
    imageFile(output, nameImage('0'.repeat(32), 0, 'png')),
    ownedFile(output, ''),
    manifestFile(output, wave),
    duplicatesFile(output),
    partFile(output, number),
    ...(['rejects', 'duplicates', 'carried'] as const).map((list) => pieceFile(output, number, list)),
    ...[requestsFile, itemsFile, intentFile, givenUpFile, handleFile, endedFile].map((name) => name(batch)),
    ...[answersFile, tallyFile].map((name) => name(batch)),
    rawFile(batch),
    rawFile(batch, 1),
    journalFile(batch, 1),
    chunkFile(batch, 1),
    rollUpFile(output, wave, number),
  ];
}
