// Cuts chunks of bytes into lines. A line within one chunk is a view, a line across chunks is a copy, and a line that is too long is
// counted but not held.

export interface Line {
  /** Physical line, from 1. */
  readonly number: number;
  /** Offset of its first byte. */
  readonly start: number;
  /** Offset after its newline: where the next line starts. */
  readonly end: number;
  /** Without newline and CR; null if it is too long. A view, valid until the next chunk is asked for: copy it to keep it. */
  readonly bytes: Buffer | null;
  /** The length of `bytes`, also if these are null. */
  readonly length: number;
}

export interface LineOptions {
  /** A longer line is counted but not held. */
  readonly lineBytesMax: number;
  /** Number and offset of the first line, if the source does not begin at the start of the file. Default: 1 and 0. */
  readonly firstLine?: number;
  readonly firstByte?: number;
}

const newline = 10;
const carriageReturn = 13;
const markBytes = 3;
/** A line within the limit may be so much longer before it is trimmed: mark and CR. */
const trimmedBytesMax = markBytes + 1;

export function createSplitter({ lineBytesMax, firstLine = 1, firstByte = 0 }: LineOptions) {
  let number = firstLine;
  let lineStart = firstByte;
  // The beginning of a line whose end has not come yet: copies, since a source may reuse its chunk.
  let held: Buffer[] = [];
  let heldBytes = 0;
  let tooLong = false;
  let beginsWithMark = false;
  let endsWithReturn = false;

  const hold = (part: Buffer): void => {
    if (part.length === 0) return;
    heldBytes += part.length;
    endsWithReturn = part[part.length - 1] === carriageReturn;
    if (tooLong) return;
    held.push(Buffer.from(part));
    if (heldBytes <= lineBytesMax + trimmedBytesMax) return;
    tooLong = true;
    beginsWithMark = startsWithMark(Buffer.concat(held, markBytes));
    held = [];
  };

  const heldLine = (end: number): Line => {
    const line = tooLong ? lineTooLong(end) : makeLine(Buffer.concat(held), end);
    held = [];
    heldBytes = 0;
    tooLong = false;
    return line;
  };

  const makeLine = (bytes: Buffer, end: number): Line => {
    const from = lineStart === 0 && startsWithMark(bytes) ? markBytes : 0;
    const to = bytes.length > from && bytes[bytes.length - 1] === carriageReturn ? bytes.length - 1 : bytes.length;
    const length = to - from;
    const text = length > lineBytesMax ? null : length === bytes.length ? bytes : bytes.subarray(from, to);
    return advance({ number, start: lineStart, end, bytes: text, length });
  };

  const lineTooLong = (end: number): Line => {
    const mark = lineStart === 0 && beginsWithMark ? markBytes : 0;
    const length = heldBytes - mark - (endsWithReturn ? 1 : 0);
    return advance({ number, start: lineStart, end, bytes: null, length });
  };

  const advance = (line: Line): Line => {
    number += 1;
    lineStart = line.end;
    return line;
  };

  return {
    push(chunk: Buffer): Line[] {
      const lines: Line[] = [];
      let from = 0;
      const chunkStart = lineStart + heldBytes;
      for (let to = chunk.indexOf(newline); to !== -1; to = chunk.indexOf(newline, from)) {
        const end = chunkStart + to + 1;
        if (heldBytes > 0) {
          hold(chunk.subarray(from, to));
          lines.push(heldLine(end));
        } else {
          lines.push(makeLine(chunk.subarray(from, to), end));
        }
        from = to + 1;
      }
      hold(chunk.subarray(from));
      return lines;
    },
    end: (): Line | null => (heldBytes === 0 ? null : heldLine(lineStart + heldBytes)),
  };
}

/** The byte order mark that some editors put before the first line. */
function startsWithMark(bytes: Buffer): boolean {
  return bytes.length >= markBytes && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}
