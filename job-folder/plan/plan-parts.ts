// Records a planner's progress in numbered parts: if a planner dies, its successor resumes after the last whole part.

import { carriedBatch, type ItemKey, type RowId } from '../../domain/ids.ts';
import type { RowCounts } from '../../domain/job.ts';
import type { MaybePromise } from '../../domain/maybe-promise.ts';
import type { TokenSums } from '../../domain/money/token-ratio.ts';
import type { Json, RefusalReason } from '../../domain/outcome/outcome.ts';
import type { DatasetPosition } from '../../storage/formats/rows.ts';
import {
  cursorLineBytesMax,
  type LineWriter,
  lineChunks,
  lineWriter,
  readJson,
  writeJson,
} from '../../storage/lines/json-lines.ts';
import type { Store } from '../../storage/store.ts';
import { answersFile, duplicatesFile, partFile, partsPrefix, pieceFile, type RowList, rejectsFile } from '../paths.ts';
import type { ManifestEntry } from './manifest.ts';

/** `part-NNNN.json`: everything up to `position` is in closed batches and in the row lists of this part and earlier ones. */
export interface Part {
  readonly nonce: string;
  readonly fingerprint: string;
  readonly position: DatasetPosition;
  readonly counts: RowCounts;
  readonly rejects: RejectSummary;
  /** By model. Absent if an earlier version planned some of the rows: then nothing is known of their tokens. */
  readonly tokens?: Readonly<Record<string, TokenSums>>;
  /** Batches closed since the previous part. */
  readonly entries: readonly ManifestEntry[];
  /** Lines in its piece of each list; a piece without lines has no file. */
  readonly lines: Readonly<Record<RowList, number>>;
}

export interface RejectSummary {
  readonly reasons: Readonly<Partial<Record<RefusalReason, number>>>;
  /** The first few, as messages. */
  readonly first: readonly string[];
}

export interface PlanParts {
  /** Returns a promise only if a file must be opened or waited for: await it before the next call. */
  write(list: RowList, line: string): MaybePromise<void>;
  /** Ends a part: a successor resumes here. */
  closePart(part: Omit<Part, 'lines'>): Promise<void>;
  /** Joins the pieces of one list into its file, including the lines since the last part. */
  join(list: RowList): Promise<void>;
  abort(): Promise<void>;
  /** Once the manifest exists, no planner resumes from a part. */
  remove(): Promise<void>;
}

const wholeFile: Readonly<Record<RowList, (output: string) => string>> = {
  rejects: rejectsFile,
  duplicates: duplicatesFile,
  carried: (output) => answersFile({ output, ...carriedBatch }),
};

/** The parts that an earlier planner of the same job and dataset left. */
export async function readParts(store: Store, output: string, nonce: string, fingerprint: string): Promise<Part[]> {
  const parts: Part[] = [];
  for (;;) {
    const uri = partFile(output, parts.length + 1);
    if ((await store.head(uri)) === null) return parts;
    const part = parsePart(await readJson(store, uri));
    if (part === null || part.nonce !== nonce || part.fingerprint !== fingerprint) return parts;
    parts.push(part);
  }
}

function parsePart(value: Json): Part | null {
  if (typeof value !== 'object' || value === null || !('position' in value) || !('lines' in value)) return null;
  // Only `closePart` writes it, and a file appears whole or not at all.
  return value as unknown as Part;
}

/** Calls `take` with each carried-over row in the parts. */
export async function eachCarried(
  store: Store,
  output: string,
  parts: readonly Part[],
  take: (line: IdLine) => void,
): Promise<void> {
  for (const [index, { lines }] of parts.entries()) {
    if (lines.carried > 0) await eachIdLine(store, pieceFile(output, index + 1, 'carried'), take);
  }
}

export interface IdLine {
  readonly row: number;
  readonly id: RowId;
  readonly key: ItemKey;
}

/** Reads a file whose lines contain a row, its id and its key, like those of items and of answers. */
export async function eachIdLine(store: Store, uri: string, take: (line: IdLine) => void): Promise<void> {
  for await (const lines of lineChunks(store.read(uri), { lineBytesMax: cursorLineBytesMax })) {
    for (const { bytes, length } of lines) {
      if (bytes !== null && length > 0) take(JSON.parse(bytes.toString()));
    }
  }
}

export function createPlanParts(
  store: Store,
  output: string,
  earlier: readonly Part[],
  signal?: AbortSignal,
): PlanParts {
  const lines = earlier.map((part) => part.lines);
  const writers = new Map<RowList, LineWriter>();

  const openAndWrite = async (list: RowList, line: string): Promise<void> => {
    const writer = lineWriter(await store.create(pieceFile(output, lines.length + 1, list), { signal }));
    writers.set(list, writer);
    await writer.write(line);
  };

  const closePieces = async (): Promise<Part['lines']> => {
    const written = { rejects: 0, duplicates: 0, carried: 0 };
    for (const [list, writer] of writers) {
      written[list] = writer.lines;
      await writer.close();
    }
    writers.clear();
    lines.push(written);
    return written;
  };

  return {
    write(list, line) {
      const writer = writers.get(list);
      return writer === undefined ? openAndWrite(list, line) : writer.write(line);
    },
    async closePart(part) {
      const number = lines.length + 1;
      const state: Part = { ...part, lines: await closePieces() };
      await writeJson(store, partFile(output, number), state, { signal });
    },
    async join(list) {
      if (writers.size > 0) await closePieces();
      const pieces = lines.flatMap((each, index) => (each[list] > 0 ? [pieceFile(output, index + 1, list)] : []));
      await joinFiles(store, pieces, wholeFile[list](output), signal);
    },
    async abort() {
      await Promise.allSettled([...writers.values()].map((writer) => writer.abort()));
    },
    async remove() {
      const left: string[] = [];
      for await (const { uri } of store.list(partsPrefix(output))) left.push(uri);
      for (const uri of left) await store.remove(uri);
    },
  };
}

async function joinFiles(store: Store, from: readonly string[], to: string, signal?: AbortSignal): Promise<void> {
  const sink = await store.create(to, { signal });
  try {
    for (const uri of from) {
      // A copy: the source may reuse its chunk while the sink still holds it.
      for await (const chunk of store.read(uri, { signal })) await sink.write(Buffer.from(chunk));
    }
    await sink.close();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}
