// The file of facts: one line of JSON for each, appended before the reply that tells a client of it. A kill may leave half a line at the
// end; no client was notified of it, and it is dropped.
import { appendFileSync, closeSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isObject, parseObject } from '../server/json.ts';
import type { Fact, FactLog } from './facts.ts';

const version = 1;

/** The first line: what is left of everything that was forgotten. */
export interface Header {
  kind: 'start';
  version: number;
  /** How many ids of each kind have been given out. */
  ids: Record<string, number>;
  forgottenBatches: number;
}

export interface ReadFacts {
  header: Header;
  facts: Fact[];
}

const newHeader = (): Header => ({ kind: 'start', version, ids: {}, forgottenBatches: 0 });

export function readFacts(path: string): ReadFacts {
  const lines = readLines(path);
  if (lines.length === 0) return { header: newHeader(), facts: [] };
  const [first = null, ...rest] = lines.map(parseObject);
  const remedy = `delete ${dirname(path)}, and the emulator starts from nothing.`;
  if (first === null) {
    throw new Error(`${path} cannot be read: line 1 is not an object of JSON. To continue, ${remedy}`);
  }
  if (!isHeader(first)) throw new Error(`${path} is from another version of the emulator. To continue, ${remedy}`);
  return { header: first, facts: rest.flatMap((line, at) => readFact(path, line, at + 2)) };
}

function readLines(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  // What follows the last newline is the half line of a kill.
  return text.split('\n').slice(0, -1);
}

const isHeader = (line: unknown): line is Header => isObject(line) && line.kind === 'start' && line.version === version;

/** A line may be broken in the middle if the disk was full for a while. */
function readFact(path: string, line: unknown, number: number): Fact[] {
  // Written by this folder's own code, in this version.
  if (isObject(line) && typeof line.kind === 'string') return [line as unknown as Fact];
  process.stderr.write(`emulator: line ${number} of ${path} cannot be read and is left out\n`);
  return [];
}

/** Replaces the file by these facts, and returns the log that appends to it. */
export function openFactLog(path: string, { header, facts }: ReadFacts): FactLog {
  let descriptor = rewrite(path, header, facts);
  return {
    // Without fsync: it survives a kill of the process, which is promised, and a power cut only by chance.
    record: (fact) => appendFileSync(descriptor, toLine(fact)),
    clear() {
      closeSync(descriptor);
      descriptor = rewrite(path, newHeader(), []);
    },
    close: () => closeSync(descriptor),
  };
}

function rewrite(path: string, header: Header, facts: readonly Fact[]): number {
  const fresh = `${path}.new`;
  writeFileSync(fresh, [header, ...facts].map(toLine).join(''));
  renameSync(fresh, path);
  return openSync(path, 'a');
}

const toLine = (value: object): string => `${JSON.stringify(value)}\n`;
