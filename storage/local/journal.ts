// A new append-only file: lines that wait at the same time are written and synced together.

import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
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

export async function openFileJournal(uri: string, path: string): Promise<Journal> {
  await makeFolder(dirname(path));
  const handle = await open(path, 'ax');
  try {
    await syncFolder(dirname(path));
    return createJournal(handle, uri);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function createJournal(handle: FileHandle, uri: string): Journal {
  let waiting: Waiting[] = [];
  let writing: Promise<void> | null = null;
  // After a failed write the file may end in the middle of a line, so nothing may follow.
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
