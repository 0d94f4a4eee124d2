// Three items of one planned batch, and what its provider batches left of them, for `classify`.

import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type ClassifyResult, classify } from '../../../activities/collect/classify.ts';
import type { ClassifyInput } from '../../../activities/collect/classify-input.ts';
import type { EndedBatch, Reading } from '../../../domain/batch/evidence.ts';
import type { AnswerLine, ItemLine, Tally } from '../../../domain/outcome/outcome.ts';
import { type LineDetail, recordEvidence } from '../../../job-folder/evidence.ts';
import { answersFile, rawFile, tallyFile } from '../../../job-folder/paths.ts';
import { parseItemLine } from '../../../job-folder/plan/item-line.ts';
import { type Folder, folderWith, jobRef, makeRows, output, quietEnvironment } from '../plan/planning.ts';
import { answerLine, findPlanned, wholeDeps } from '../whole-job.ts';

type Batch = ClassifyInput['batches'][number];

export const ref = { ...jobRef, wave: 1, batch: 1 };
export const garbage = '{"custom_id": cut';

export const readTwice: Reading = { bytes: 1, crc32: 'a', whole: true, at: 0, confirmed: true };
export const readOnce: Reading = { ...readTwice, confirmed: false };

export const ended = (
  ending: EndedBatch['ending'],
  done: number | null,
  change: Partial<EndedBatch> = {},
): EndedBatch => ({
  ending,
  status: ending,
  counts: done === null ? null : { total: 3, done, failed: 0 },
  outputs: ['output'],
  endedAt: 1000,
  refusedUnrun: false,
  blamed: [],
  ...change,
});

export const batch = (end: EndedBatch | null, reading: Reading | null = readTwice, id = 'own'): Batch => ({
  handle: { id, createdAt: 0, fileId: null },
  phase: end === null ? 'unresolved' : 'ended',
  ended: end,
  reading,
  final: false,
});

/** Three items of one batch, and the raw files of its provider batches: each gives the places of the items with a line. */
export class Collection {
  readonly folder: Folder;
  readonly ids: readonly string[];

  private constructor(folder: Folder) {
    this.folder = folder;
    this.ids = folder.lines<ItemLine>('plan/wave-1/batch-0001.items.jsonl').map(({ customId }) => customId);
  }

  static async plan(...files: readonly (readonly (number | string)[])[]): Promise<Collection> {
    const folder = await folderWith(makeRows(3));
    await folder.run();
    const collection = new Collection(folder);
    for (const [twin, lines] of files.entries()) collection.write(twin, lines);
    return collection;
  }

  /** A number stands for an answer to that item, from 0; a text for itself. */
  write(twin: number, lines: readonly (number | string)[]): void {
    const path = join(this.folder.root, rawFile(ref, twin));
    const texts = lines.map((line) =>
      typeof line === 'number' ? answerLine(this.ids[line] ?? '', `own ${line}`) : line,
    );
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, texts.map((text) => `${text}\n`).join(''));
  }

  /** A last line without its newline. */
  append(twin: number, text: string): void {
    appendFileSync(join(this.folder.root, rawFile(ref, twin)), text);
  }

  classify(batches: readonly Batch[], change: Partial<ClassifyInput> = {}): Promise<ClassifyResult> {
    const input = this.describeEnd(batches, change);
    return quietEnvironment().run(() => classify(wholeDeps(this.folder), input));
  }

  describeEnd(batches: readonly Batch[], change: Partial<ClassifyInput> = {}): ClassifyInput {
    return {
      ...ref,
      planned: findPlanned(this.folder, ref),
      batchId: 'own',
      ending: 'completed',
      createdAt: 0,
      endedAt: 1000,
      polls: 1,
      cancelReason: 'cancelled',
      batches,
      isCreateUnknown: false,
      notRunReason: 'expired',
      refusal: null,
      final: false,
      blamed: [],
      ...change,
    };
  }

  async tally(batches: readonly Batch[], change: Partial<ClassifyInput> = {}): Promise<Tally> {
    const result = await this.classify(batches, change);
    if (result.kind !== 'tally') throw new Error(`not proven: ${JSON.stringify(result.unproven)}`);
    return result.tally;
  }

  /** `answered`, or the kind and the reason, by item. */
  get outcomes(): string[] {
    return this.answers.map(({ kind, reason }) => (reason === undefined ? kind : `${kind} ${reason}`));
  }

  get answers(): AnswerLine[] {
    const lines = this.folder.text(answersFile(ref).slice(output.length)).split('\n').filter(Boolean);
    return lines.map((line) => parseItemLine(line) as AnswerLine);
  }

  /** What the provider wrote when it refused the batch. */
  async recordDetails(details: readonly LineDetail[]): Promise<void> {
    await recordEvidence(this.folder.store, ref, 'own', { details });
  }

  get written(): string[] {
    const names = [answersFile(ref), tallyFile(ref)].map((path) => path.slice(output.length));
    return names.filter((name) => name in this.folder.digests());
  }
}
