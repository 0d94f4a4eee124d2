// Reads a file of requests line by line, in pieces of 1 MiB.
import type { FileHandle } from 'node:fs/promises';

const readBytes = 1024 * 1024;
const newline = 10;

export async function eachLine(file: FileHandle, visit: (line: Buffer, offset: number) => void): Promise<void> {
  let buffer = Buffer.allocUnsafeSlow(readBytes);
  let filled = 0;
  let base = 0;
  while (true) {
    if (filled === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, base + filled);
    filled += bytesRead;
    const consumed = visitLines(buffer.subarray(0, filled), base, visit);
    if (bytesRead === 0) {
      if (filled > consumed) visit(buffer.subarray(consumed, filled), base + consumed);
      return;
    }
    buffer.copyWithin(0, consumed, filled);
    base += consumed;
    filled -= consumed;
  }
}

function visitLines(bytes: Buffer, base: number, visit: (line: Buffer, offset: number) => void): number {
  let start = 0;
  for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
    visit(bytes.subarray(start, end), base + start);
    start = end + 1;
  }
  return start;
}
