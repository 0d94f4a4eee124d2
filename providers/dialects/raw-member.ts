// Finds the text of one member in the bytes of a JSON object. Parsing and writing it again would change numbers such as 1.10 or
// 12345678901234567890. The bytes must be JSON that JSON.parse has accepted: nothing is validated here.

import { InvariantBroken } from '../../domain/refusal.ts';

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const [openBracket, closeBracket] = [0x5b, 0x5d];
const [openBrace, closeBrace] = [0x7b, 0x7d];

/** Of members with the same name, the last one counts, as in JSON.parse. Members of nested objects do not count. */
export function readRawMember(object: Buffer, name: string): string {
  let [start, end] = [-1, -1];
  let at = skipSpace(object, skipSpace(object, 0) + 1);
  while (object[at] === quote) {
    const nameEnd = skipString(object, at);
    const valueStart = skipSpace(object, skipSpace(object, nameEnd) + 1);
    const valueEnd = skipValue(object, valueStart);
    if (isName(object, at, nameEnd, name)) [start, end] = [valueStart, valueEnd];
    at = skipSpace(object, valueEnd);
    if (object[at] === comma) at = skipSpace(object, at + 1);
  }
  if (start === -1) throw new InvariantBroken(`a member of a row was not found in its ${object.length} bytes`);
  return object.toString('utf8', start, end);
}

/** The four bytes of white space in JSON; no other byte up to 0x20 can be between two tokens. */
function skipSpace(json: Buffer, from: number): number {
  let at = from;
  while (at < json.length && (json[at] ?? 0) <= 0x20) at += 1;
  return at;
}

/** `from` is the place of the opening quote; the result is the place after the closing one. */
function skipString(json: Buffer, from: number): number {
  let at = from + 1;
  while (at < json.length && json[at] !== quote) at += json[at] === backslash ? 2 : 1;
  return at + 1;
}

function skipValue(json: Buffer, from: number): number {
  const first = json[from];
  if (first === quote) return skipString(json, from);
  return first === openBrace || first === openBracket ? skipNested(json, from) : skipWord(json, from);
}

/** Counts brackets instead of calling itself: an object may be nested deeper than the stack allows. */
function skipNested(json: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < json.length; ) {
    const byte = json[at];
    if (byte === quote) {
      at = skipString(json, at);
      continue;
    }
    at += 1;
    if (byte === openBrace || byte === openBracket) depth += 1;
    if (byte === closeBrace || byte === closeBracket) depth -= 1;
    if (depth === 0) return at;
  }
  return json.length;
}

/** A number, `true`, `false` or `null`. */
function skipWord(json: Buffer, from: number): number {
  let at = from;
  while (at < json.length && !endsWord(json[at] ?? 0)) at += 1;
  return at;
}

const endsWord = (byte: number): boolean =>
  byte <= 0x20 || byte === comma || byte === closeBrace || byte === closeBracket;

/** A name may be written with escapes: `"\u0062ody"` is `body`. */
function isName(json: Buffer, from: number, to: number, name: string): boolean {
  const text = json.toString('utf8', from + 1, to - 1);
  return text === name || (text.includes('\\') && JSON.parse(`"${text}"`) === name);
}
