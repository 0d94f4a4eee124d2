// Lines of items and of answers on disk: the only place that knows where a key differs from its name in the code.

import { type CustomId, itemKey } from '../../domain/ids.ts';
import type { ResultLine } from '../../domain/outcome/merge.ts';
import type { AnswerLine, ItemLine } from '../../domain/outcome/outcome.ts';
import { InvariantBroken } from '../../domain/refusal.ts';

/** The key is older than the name `flawedAttempts`, and folders written with it must stay readable. */
interface StoredLine extends Omit<ItemLine, 'flawedAttempts'> {
  readonly semantic?: number;
}

/** Joined as text, because one line is written for each row. */
export function formatItemLine(
  { row, id, key, flawedAttempts }: Omit<ItemLine, 'customId'>,
  customId: ItemLine['customId'],
): string {
  const flawed = flawedAttempts === undefined ? '' : `,"semantic":${flawedAttempts}`;
  return `{"row":${row},"id":${JSON.stringify(id)},"key":"${key}","customId":"${customId}"${flawed}}`;
}

/** Where the custom id begins in a line of `formatItemLine` without `flawedAttempts`, counted from the end. */
export const customIdFromEnd = 34;

/** A line of items or of answers. An answer's line has the form of a line of results, any other begins like its item's line. */
export function parseItemLine(text: string): ItemLine | AnswerLine {
  const stored: StoredLine | ResultLine = JSON.parse(text);
  if ('status' in stored) return readAnswer(stored);
  if (stored.semantic === undefined) return stored;
  const { semantic: flawedAttempts, ...line } = stored;
  return { ...line, flawedAttempts };
}

/** Only answers are written in this form. */
function readAnswer(result: ResultLine): AnswerLine {
  const { row, id, key, customId, output, usage, costUsd, finishReason, model } = result;
  return {
    row,
    id,
    key: itemKey(key),
    customId: customId as CustomId,
    kind: 'answered',
    output,
    usage,
    costUsd,
    finishReason,
    model,
  };
}

/** `,"key":"…","customId":"…"`: keys and custom ids have fixed lengths. */
const namesBytes = 79;
const rowAt = '{"row":'.length;
const idName = ',"id":';
const flawedName = ',"semantic":';
const [zero, nine, quote, backslash, comma] = [0x30, 0x39, 0x22, 0x5c, 0x2c];
const [letterI, letterK] = [0x69, 0x6b];

/** Where the parts of an item's line are. */
export interface ItemParts {
  readonly rowAt: number;
  readonly rowEnd: number;
  readonly idAt: number;
  /** The names follow the id directly. */
  readonly idEnd: number;
  readonly namesEnd: number;
}

/** Finds the parts without parsing the line: this runs for every row. */
export function findItemParts(line: Buffer): ItemParts {
  const rowEnd = skipDigits(line, rowAt);
  const namesEnd = line[line.length - 2] === quote ? line.length - 1 : line.lastIndexOf(flawedName);
  const idEnd = namesEnd - namesBytes;
  if (line[idEnd + 2] !== letterK) throw new InvariantBroken('a line of items has another form than planned');
  return { rowAt, rowEnd, idAt: rowEnd + idName.length, idEnd, namesEnd };
}

function skipDigits(line: Buffer, from: number): number {
  for (let at = from; at < line.length; at++) {
    const byte = line[at] ?? 0;
    if (byte < zero || byte > nine) return at;
  }
  return line.length;
}

/** Whether a line of answers has the form of a line of results. */
export const isResultLine = (line: Buffer): boolean => line[2] === letterI;

/** The row of a line of items, answers or results. */
export function readRow(line: Buffer): number {
  const from = isResultLine(line) ? skipId(line) + rowAt : rowAt;
  let row = 0;
  for (let at = from, byte = line[at] ?? 0; byte >= zero && byte <= nine; byte = line[++at] ?? 0) {
    row = row * 10 + byte - zero;
  }
  return row;
}

/** The end of the id at the beginning of a line of results. */
function skipId(line: Buffer): number {
  let at = '{"id":'.length;
  if (line[at] !== quote) return line.indexOf(comma, at);
  for (at += 1; at < line.length && line[at] !== quote; at++) {
    if (line[at] === backslash) at += 1;
  }
  return at + 1;
}
