// An append-only file: lines that wait at the same time are written and synced together, and a torn end is cut off when the file is opened.

import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { cursorLineBytesMax, lineChunks } from '../lines/json-lines.ts';
import { type Journal, StoreError } from '../store.ts';
import { storeError } from './error.ts';
import { makeFolder, syncFolder, writeAll } from './sink.ts';

interface Waiting {
  readonly line: Uint8Array;
  readonly durable: boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const newline = 10;
/** How many bytes one search for the last newline reads. */
const tailBytes = 64 * 1024;

export async function openFileJournal(uri: string, path: string): Promise<Journal> {
  await makeFolder(dirname(path));
  const handle = await open(path, 'a+');
  try {
    const bytes = await cutTornEnd(handle);
    await syncFolder(dirname(path));
    return createJournal(handle, uri, bytes);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function createJournal(handle: FileHandle, uri: string, earlierBytes: number): Journal {
  let waiting: Waiting[] = [];
  let writing: Promise<void> | null = null;
  // After a failed write the file may end in the middle of a line: nothing may follow until it is opened again.
  let failure: unknown = null;
  let unsynced = false;

  const writeTogether = async (together: readonly Waiting[]): Promise<void> => {
    if (failure !== null) throw failure;
    await writeAll(handle, Buffer.concat(together.flatMap(({ line }) => [line, Buffer.from([newline])])));
    unsynced = true;
    for (const each of together) if (!each.durable) each.resolve();
    if (!together.some(({ durable }) => durable)) return;
    await handle.datasync();
    unsynced = false;
    for (const each of together) each.resolve();
  };

  const writeWaiting = async (): Promise<void> => {
    while (waiting.length > 0) {
      const together = waiting;
      waiting = [];
      try {
        await writeTogether(together);
      } catch (error) {
        failure ??= storeError(error, uri, 'writing');
        for (const each of together) each.reject(failure);
      }
    }
    writing = null;
  };

  const add = (line: Uint8Array, durable: boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting.push({ line, durable, resolve, reject });
      writing ??= Promise.resolve().then(writeWaiting);
    });

  return {
    lines: () => earlierLines(handle, earlierBytes),
    append: (line) => add(line, true),
    note: (line) => add(line, false),
    async close() {
      await writing;
      if (unsynced && failure === null) await handle.datasync();
      failure ??= new StoreError('unwritable', uri);
      await handle.close();
    },
  };
}

async function* earlierLines(handle: FileHandle, bytes: number): AsyncGenerator<Buffer> {
  for await (const lines of lineChunks(span(handle, bytes), { lineBytesMax: cursorLineBytesMax })) {
    for (const line of lines) if (line.bytes !== null && line.length > 0) yield Buffer.from(line.bytes);
  }
}

async function* span(handle: FileHandle, bytes: number): AsyncGenerator<Buffer> {
  for (let position = 0; position < bytes; ) {
    const wanted = Math.min(1024 * 1024, bytes - position);
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(wanted), 0, wanted, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Gives the size that remains: up to the last newline. */
async function cutTornEnd(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat();
  const tail = Buffer.allocUnsafe(tailBytes);
  let end = size;
  while (end > 0) {
    const start = Math.max(0, end - tailBytes);
    const { bytesRead } = await handle.read(tail, 0, end - start, start);
    const last = tail.subarray(0, bytesRead).lastIndexOf(newline);
    end = last === -1 ? start : start + last + 1;
    if (last !== -1) break;
  }
  if (end < size) await handle.truncate(end);
  return end;
}
