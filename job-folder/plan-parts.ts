// What a planner has written beside its batches, in numbered parts: a dead planner's successor goes on after the last whole part.

import type { ItemKey, RowId } from '../domain/ids.ts';
import type { RowCounts } from '../domain/job.ts';
import type { Json, RefusalReason } from '../domain/outcome/outcome.ts';
import type { DatasetPosition } from '../storage/formats/jsonl.ts';
import { type LineWriter, lineCursor, lineWriter, readJson, writeJson } from '../storage/lines/json-lines.ts';
import type { Store } from '../storage/store.ts';
import type { ManifestEntry } from './batch-files.ts';
import { answersFile, duplicatesFile, manifestFile, rejectsFile } from './paths.ts';

/** Files of which every part holds a piece. */
const sideFiles = ['rejects', 'duplicates', 'carried'] as const;
export type SideFile = (typeof sideFiles)[number];

/** `part-NNNN.json`: everything up to `position` is in closed batches and in the side files of this part and those before. */
export interface Part {
  readonly nonce: string;
  readonly fingerprint: string;
  readonly position: DatasetPosition;
  readonly counts: RowCounts;
  readonly rejects: RejectSummary;
  /** Batches closed since the part before. */
  readonly entries: readonly ManifestEntry[];
  /** Lines in each of its side files; where there are none there is no file. */
  readonly lines: Readonly<Record<SideFile, number>>;
}

export interface RejectSummary {
  readonly reasons: Readonly<Partial<Record<RefusalReason, number>>>;
  /** The first few, as messages. */
  readonly first: readonly string[];
}

export interface PlanParts {
  /** A promise only where a file is opened or waited for: await it before the next. */
  write(side: SideFile, line: string): undefined | Promise<void>;
  /** Ends a part: from here a successor goes on. */
  closePart(part: Omit<Part, 'lines'>): Promise<void>;
  /** Joins the pieces of one side file, what was written since the last part included. */
  join(side: SideFile): Promise<void>;
  abort(): Promise<void>;
  /** Once the manifest is there, nobody goes on from a part. */
  remove(): Promise<void>;
}

const partFile = (output: string, number: number, what: string): string =>
  `${manifestFile(output, 1)}.part-${String(number).padStart(4, '0')}.${what}`;
const stateFile = (output: string, number: number): string => partFile(output, number, 'json');
const pieceFile = (output: string, number: number, side: SideFile): string => partFile(output, number, `${side}.jsonl`);

const wholeFile = (output: string, side: SideFile): string =>
  side === 'rejects'
    ? rejectsFile(output)
    : side === 'duplicates'
      ? duplicatesFile(output)
      : answersFile({ output, wave: 0, batch: 1 });

/** The parts that a planner of the same job and dataset left. */
export async function readParts(store: Store, output: string, nonce: string, fingerprint: string): Promise<Part[]> {
  const parts: Part[] = [];
  for (;;) {
    const uri = stateFile(output, parts.length + 1);
    if ((await store.head(uri)) === null) return parts;
    const part = parsePart(await readJson(store, uri));
    if (part === null || part.nonce !== nonce || part.fingerprint !== fingerprint) return parts;
    parts.push(part);
  }
}

function parsePart(value: Json): Part | null {
  if (typeof value !== 'object' || value === null || !('position' in value) || !('lines' in value)) return null;
  // Written by `closePart` alone, and whole.
  return value as unknown as Part;
}

/** Rows and ids of what was carried over in the parts, for whoever has to remember them. */
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

/** Lines that name a row, its id and its key: items and answers do. */
export async function eachIdLine(store: Store, uri: string, take: (line: IdLine) => void): Promise<void> {
  const cursor = lineCursor(store.read(uri));
  try {
    for (;;) {
      const next = cursor.next();
      const line = next instanceof Promise ? await next : next;
      if (line === null) return;
      if (line.bytes !== null && line.length > 0) take(JSON.parse(line.bytes.toString()));
    }
  } finally {
    await cursor.close();
  }
}

export function createPlanParts(
  store: Store,
  output: string,
  earlier: readonly Part[],
  signal?: AbortSignal,
): PlanParts {
  const lines = earlier.map((part) => part.lines);
  const writers = new Map<SideFile, LineWriter>();

  const openAndWrite = async (side: SideFile, line: string): Promise<void> => {
    const writer = lineWriter(await store.create(pieceFile(output, lines.length + 1, side), { signal }));
    writers.set(side, writer);
    await writer.write(line);
  };

  const closePieces = async (): Promise<Part['lines']> => {
    const written = { rejects: 0, duplicates: 0, carried: 0 };
    for (const [side, writer] of writers) {
      written[side] = writer.lines;
      await writer.close();
    }
    writers.clear();
    lines.push(written);
    return written;
  };

  return {
    write(side, line) {
      const writer = writers.get(side);
      return writer === undefined ? openAndWrite(side, line) : (writer.write(line) ?? undefined);
    },
    async closePart(part) {
      const number = lines.length + 1;
      const state: Part = { ...part, lines: await closePieces() };
      await writeJson(store, stateFile(output, number), state, { signal });
    },
    async join(side) {
      if (writers.size > 0) await closePieces();
      const pieces = lines.flatMap((each, index) => (each[side] > 0 ? [pieceFile(output, index + 1, side)] : []));
      await joinFiles(store, pieces, wholeFile(output, side), signal);
    },
    async abort() {
      await Promise.allSettled([...writers.values()].map((writer) => writer.abort()));
    },
    async remove() {
      const prefix = `${manifestFile(output, 1)}.part-`;
      const left: string[] = [];
      for await (const { uri } of store.list(prefix)) left.push(uri);
      for (const uri of left) await store.remove(uri);
    },
  };
}

async function joinFiles(store: Store, from: readonly string[], to: string, signal?: AbortSignal): Promise<void> {
  const sink = await store.create(to, { signal });
  try {
    for (const uri of from) {
      // A source may use its chunk again, a sink may still hold it.
      for await (const chunk of store.read(uri, { signal })) await sink.write(Buffer.from(chunk));
    }
    await sink.close();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}
