// Names that a job's own files have: a dataset must not match one of them.

import { nameImage } from '../domain/outcome/image-file.ts';
import {
  answersFile,
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

/** One example of each kind of file that a job may write, the results first. */
export function listOwnFiles(output: string): readonly string[] {
  const batch = { output, wave: 1, batch: 1 };
  return [
    resultsFile(output),
    ...[failuresFile, inDoubtFile, rejectsFile, jobFile, reportFile, reportPage].map((name) => name(output)),
    ...(['csv', 'parquet'] as const).map((format) => tableFile(output, format)),
    takeoverFile(output, 1),
    imageFile(output, nameImage('0'.repeat(32), 0, 'png')),
    ownedFile(output, ''),
    manifestFile(output, 1),
    duplicatesFile(output),
    partFile(output, 1),
    ...(['rejects', 'duplicates', 'carried'] as const).map((list) => pieceFile(output, 1, list)),
    ...[requestsFile, itemsFile, intentFile, givenUpFile, handleFile, endedFile].map((name) => name(batch)),
    ...[answersFile, tallyFile].map((name) => name(batch)),
    rawFile(batch),
    rawFile(batch, 1),
    journalFile(batch, 1),
    rollUpFile(output, 1, 1),
  ];
}
