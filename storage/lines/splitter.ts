// Cuts chunks of bytes into lines. A line within one chunk is a view, a line across chunks is a copy, and a line that is too long is
// counted but not held.

export interface Line {
  /** Physical line, from 1. */
  readonly number: number;
  /** Offset of the line's first byte. */
  readonly start: number;
  /** Offset after its newline: where the next line starts. */
  readonly end: number;
  /** Without newline and CR; null if it is too long. A view, valid until the next chunk is asked for: copy it to keep it. */
  readonly bytes: Buffer | null;
  /** The length of `bytes`, also if these are null. */
  readonly length: number;
  /** False for a last line without a newline: the file may have been cut off there. */
  readonly isEnded: boolean;
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
/** A line within the limit may have these bytes more before it is trimmed: mark and CR. */
const trimmedBytesMax = markBytes + 1;

export class Splitter {
  readonly #lineBytesMax: number;
  #number: number;
  #lineStart: number;
  // The beginning of a line whose end has not come yet. Copies, because a source may reuse its chunk.
  #held: Buffer[] = [];
  #heldBytes = 0;
  #tooLong = false;
  #beginsWithMark = false;
  #endsWithReturn = false;

  constructor({ lineBytesMax, firstLine = 1, firstByte = 0 }: LineOptions) {
    this.#lineBytesMax = lineBytesMax;
    this.#number = firstLine;
    this.#lineStart = firstByte;
  }

  /** Returns the lines that end in this chunk. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let from = 0;
    const chunkStart = this.#lineStart + this.#heldBytes;
    for (let to = chunk.indexOf(newline); to !== -1; to = chunk.indexOf(newline, from)) {
      const end = chunkStart + to + 1;
      if (this.#heldBytes > 0) {
        this.#hold(chunk.subarray(from, to));
        lines.push(this.#takeHeldLine(end));
      } else {
        lines.push(this.#makeLine(chunk.subarray(from, to), end));
      }
      from = to + 1;
    }
    this.#hold(chunk.subarray(from));
    return lines;
  }

  /** Returns the last line if it has no newline, else null. */
  end(): Line | null {
    return this.#heldBytes === 0 ? null : { ...this.#takeHeldLine(this.#lineStart + this.#heldBytes), isEnded: false };
  }

  #hold(part: Buffer): void {
    if (part.length === 0) return;
    this.#heldBytes += part.length;
    this.#endsWithReturn = part[part.length - 1] === carriageReturn;
    if (this.#tooLong) return;
    this.#held.push(Buffer.from(part));
    if (this.#heldBytes <= this.#lineBytesMax + trimmedBytesMax) return;
    this.#tooLong = true;
    this.#beginsWithMark = startsWithMark(Buffer.concat(this.#held, markBytes));
    this.#held = [];
  }

  #takeHeldLine(end: number): Line {
    const line = this.#tooLong ? this.#makeLongLine(end) : this.#makeLine(Buffer.concat(this.#held), end);
    this.#held = [];
    this.#heldBytes = 0;
    this.#tooLong = false;
    return line;
  }

  #makeLine(bytes: Buffer, end: number): Line {
    const from = this.#lineStart === 0 && startsWithMark(bytes) ? markBytes : 0;
    const to = bytes.length > from && bytes[bytes.length - 1] === carriageReturn ? bytes.length - 1 : bytes.length;
    const length = to - from;
    const text = length > this.#lineBytesMax ? null : length === bytes.length ? bytes : bytes.subarray(from, to);
    return this.#advance({ number: this.#number, start: this.#lineStart, end, bytes: text, length, isEnded: true });
  }

  #makeLongLine(end: number): Line {
    const mark = this.#lineStart === 0 && this.#beginsWithMark ? markBytes : 0;
    const length = this.#heldBytes - mark - (this.#endsWithReturn ? 1 : 0);
    return this.#advance({ number: this.#number, start: this.#lineStart, end, bytes: null, length, isEnded: true });
  }

  #advance(line: Line): Line {
    this.#number += 1;
    this.#lineStart = line.end;
    return line;
  }
}

/** The byte order mark that some editors put before the first line. */
function startsWithMark(bytes: Buffer): boolean {
  return bytes.length >= markBytes && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}
