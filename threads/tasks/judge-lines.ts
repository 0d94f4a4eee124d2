// Task: lines of a provider's output become outcomes, each as the text that its line of answers will have.

import { itemReasons, type Outcome, type RawOutcome } from '../../domain/outcome/outcome.ts';
import { createDialect } from '../../providers/dialects/registry.ts';
import type { BufferStock } from '../buffer-stock.ts';
import { compileOnce } from '../compiled.ts';
import { eachLine, LinePacker, type PackedLines } from '../packed-lines.ts';
import { createJudge, type Judge, type JudgeSettings } from './judge.ts';
import { type ImageFile, takeImages } from './judge-images.ts';
import { splitAnswer } from './judge-joint.ts';
import { formatAnswered, formatOutcome } from './outcome-text.ts';

export interface JudgeInput {
  /** `JudgeSettings` as JSON. */
  readonly settings: string;
  readonly lines: PackedLines;
}

/**
 * Numbers for a line's kind. `foreign`: its custom id does not have the form that Nightshift gives. `torn`: it is not valid JSON, as if it had
 * been cut off.
 */
export const lineKinds = { unreadable: 0, foreign: 1, answered: 2, retryable: 3, rejected: 4, torn: 5 } as const;

/** A custom id of 32 hex digits as so many 32-bit words. */
export const idWords = 4;

/** The numbers of a line that a tally sums: these tokens, and last the cost. */
export const usageNames = [
  'input',
  'cachedInput',
  'cacheWrite',
  'cacheWrite1h',
  'imageInput',
  'output',
  'reasoning',
] as const;
export const figuresPerLine = usageNames.length + 1;

/** Everything is in the order of the lines. */
export interface JudgedLines {
  readonly kinds: Uint8Array<ArrayBuffer>;
  /** 1 if the line says that its item did not run. */
  readonly unrun: Uint8Array<ArrayBuffer>;
  /** The place of the reason in `itemReasons`, from 1; 0 if there is none. */
  readonly reasons: Uint8Array<ArrayBuffer>;
  readonly ids: Uint32Array<ArrayBuffer>;
  /** `figuresPerLine` for each; NaN if it is not known. */
  readonly figures: Float64Array<ArrayBuffer>;
  /** Empty for a line that is unreadable, torn or foreign. */
  readonly texts: PackedLines;
  /** Present if requests are joint: then there is an entry for each part of a line. */
  readonly parts?: LineParts;
  /** Present if an answer has images: all of them, in the order of the lines. */
  readonly images?: readonly LineImage[];
}

/** An image that a line's text names. */
export interface LineImage extends ImageFile {
  readonly line: number;
}

export interface LineParts {
  /** The part's place in its line, from 0. */
  readonly at: Uint32Array<ArrayBuffer>;
  /** How many parts the line has; 0 if it says the same of every item of its request. */
  readonly of: Uint32Array<ArrayBuffer>;
}

interface Compiled {
  readonly settings: JudgeSettings;
  readonly decode: ReturnType<typeof createDialect>['decode'];
  readonly judge: Judge;
}

const compile = compileOnce((text): Compiled => {
  const settings: JudgeSettings = JSON.parse(text);
  return { settings, decode: createDialect(settings.dialect).decode, judge: createJudge(settings) };
});

export function judgeLines({ settings, lines }: JudgeInput, stock: BufferStock): JudgedLines {
  const compiled = compile(settings);
  if (compiled.settings.itemsPerRequest > 1) return judgeJointLines(compiled, lines, stock);
  const texts = new LinePacker(stock, lines.ends.length);
  const judged = unreadableLines(lines.ends.length);
  const images: LineImage[] = [];
  eachLine(lines, (line, index) => {
    const decoded = takeImages(compiled.decode(line, compiled.settings.endpoint));
    for (const image of decoded.images) images.push({ line: index, ...image });
    writeLine(compiled, { line: decoded.line, bytes: line }, index, judged, texts);
    texts.endLine();
  });
  return { ...judged, texts: texts.finish(), ...(images.length === 0 ? {} : { images }) };
}

/** What is known of lines before they are read. */
const unreadableLines = (count: number): Omit<JudgedLines, 'texts'> => ({
  kinds: new Uint8Array(count),
  unrun: new Uint8Array(count),
  reasons: new Uint8Array(count),
  ids: new Uint32Array(count * idWords),
  figures: new Float64Array(count * figuresPerLine),
});

/** For a single line that no thread can read. */
export const unreadableLine = (): JudgedLines => ({
  ...unreadableLines(1),
  texts: { bytes: new Uint8Array(0), ends: new Uint32Array(1) },
});

/** Each line becomes as many entries as its answer has parts, or its request has items. */
function judgeJointLines(compiled: Compiled, lines: PackedLines, stock: BufferStock): JudgedLines {
  const parts: (DecodedLine & { readonly at: number; readonly of: number })[] = [];
  eachLine(lines, (bytes) => {
    for (const part of splitLine(compiled, bytes)) parts.push({ bytes, ...part });
  });
  const texts = new LinePacker(stock, parts.length);
  const judged = unreadableLines(parts.length);
  for (const [index, part] of parts.entries()) {
    writeLine(compiled, part, index, judged, texts);
    texts.endLine();
  }
  const at = Uint32Array.from(parts, (part) => part.at);
  const of = Uint32Array.from(parts, (part) => part.of);
  return { ...judged, texts: texts.finish(), parts: { at, of } };
}

/** A request that was refused for one of its items, or for all together, says nothing against the others: they are sent again, at last alone. */
function withoutBlame<Line extends RawOutcome>(line: Line): RawOutcome {
  const isRefused = line.kind === 'error' && (line.reason === 'bad_request' || line.reason === 'too_large');
  return isRefused ? { ...line, reason: 'batch_failed' } : line;
}

function splitLine({ settings, decode }: Compiled, bytes: Buffer) {
  const line = decode(bytes, settings.endpoint);
  if (line.kind === 'unreadable') return [{ line, at: 0, of: 0 }];
  if (line.kind !== 'answer') {
    const ofEach = withoutBlame(line);
    return Array.from({ length: settings.itemsPerRequest }, (_, at) => ({ line: ofEach, at, of: 0 }));
  }
  const answers = splitAnswer(line);
  // No request has so many items: its answer cannot be told apart.
  if (answers.length === 0) return [{ line, at: 0, of: settings.itemsPerRequest + 1 }];
  return answers.map((answer, at) => ({ line: answer, at, of: answers.length }));
}

interface DecodedLine {
  readonly line: RawOutcome;
  readonly bytes: Buffer;
}

function writeLine(
  { settings, judge }: Pick<Compiled, 'settings' | 'judge'>,
  { line, bytes }: DecodedLine,
  index: number,
  judged: Omit<JudgedLines, 'texts'>,
  texts: LinePacker,
): void {
  if (line.kind === 'unreadable') {
    if (!isJson(bytes)) judged.kinds[index] = lineKinds.torn;
    return;
  }
  judged.unrun[index] = line.kind === 'unrun' ? 1 : 0;
  judged.kinds[index] = lineKinds.foreign;
  if (!readIdWords(line.customId, judged.ids, index * idWords)) return;
  const outcome = judge.judgeLine(line, 0);
  judged.kinds[index] = lineKinds[outcome.kind];
  judged.reasons[index] = outcome.reason === undefined ? 0 : itemReasons.indexOf(outcome.reason) + 1;
  writeFigures(outcome, judged.figures, index * figuresPerLine);
  texts.addText(formatAnswered(outcome, settings) ?? formatOutcome(outcome));
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}

const idDigits = 32;
const wordDigits = idDigits / idWords;
const [zero, nine, letterA, letterF] = [0x30, 0x39, 0x61, 0x66];

/** False if it does not have the form of our custom ids. */
export function readIdWords(customId: string, into: Uint32Array, at: number): boolean {
  return customId.length === idDigits && readDigits((digit) => customId.charCodeAt(digit), into, at);
}

/** The same for an id within a line. */
export const readIdBytes = (line: Uint8Array, from: number, into: Uint32Array, at: number): boolean =>
  readDigits((digit) => line[from + digit] ?? 0, into, at);

function readDigits(codeAt: (digit: number) => number, into: Uint32Array, at: number): boolean {
  let word = 0;
  for (let digit = 0; digit < idDigits; digit++) {
    const code = codeAt(digit);
    const isLetter = code >= letterA && code <= letterF;
    if (!isLetter && (code < zero || code > nine)) return false;
    word = (word << 4) | (isLetter ? code - letterA + 10 : code - zero);
    if (digit % wordDigits === wordDigits - 1) into[at + (digit >> 3)] = word;
  }
  return true;
}

/** The custom id that `readIdWords` read. */
export function writeId(words: Uint32Array, at: number): string {
  let id = '';
  for (let word = 0; word < idWords; word++) id += (words[at + word] ?? 0).toString(16).padStart(wordDigits, '0');
  return id;
}

function writeFigures({ usage, costUsd }: Outcome, figures: Float64Array, at: number): void {
  for (let place = 0; place < usageNames.length; place++) {
    figures[at + place] = usage?.[usageNames[place] ?? 'input'] ?? Number.NaN;
  }
  figures[at + usageNames.length] = costUsd ?? Number.NaN;
}
