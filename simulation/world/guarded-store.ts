// The store for one incarnation of a worker: after its death nothing is read or written.

import type { Journal, Sink, Store } from '../../storage/store.ts';
import type { CallKind, WrittenFile } from '../script/script.ts';
import type { Incarnation } from './incarnation.ts';

/** By the end of a file's name. */
const files: readonly (readonly [string, WrittenFile])[] = [
  ['/job.json', 'job.json'],
  ['/manifest.jsonl', 'manifest'],
  ['.intent.json', 'intent'],
  ['.handle.json', 'handle'],
  ['.ended.json', 'ended'],
  ['.raw', 'raw'],
  ['.tally.json', 'tally'],
  ['/results.jsonl', 'results'],
  ['/report.json', 'report'],
];

function nameWrite(uri: string): CallKind | null {
  const file = files.find(([end]) => uri.endsWith(end))?.[1];
  if (file !== undefined) return `write ${file}`;
  return /\/answers\/.*\/batch-\d+\.jsonl$/.test(uri) ? 'write answers' : null;
}

const nameRemoval = (uri: string): CallKind | null => (uri.endsWith('.intent.json') ? 'remove intent' : null);

export function guardStore(store: Store, life: Incarnation): Store {
  const change = <T>(kind: CallKind | null, work: () => Promise<T>): Promise<T> =>
    kind === null ? life.allow(work) : life.effect(kind, work);
  return {
    read: (uri, options) => guardBytes(life, () => store.read(uri, options)),
    create: async (uri, options) => {
      life.requireAlive();
      // If the worker dies now, the caller's next write fails, and it frees the file.
      const sink = await store.create(uri, options);
      return guardSink(sink, life, (close) => change(nameWrite(uri), close));
    },
    head: (uri, signal) => life.allow(() => store.head(uri, signal)),
    list: (prefix, signal) => guardBytes(life, () => store.list(prefix, signal)),
    remove: (uri, options) => change(nameRemoval(uri), () => store.remove(uri, options)),
    sweep: (folder, signal) => life.allow(() => store.sweep(folder, signal)),
    clear: (folder, signal) => life.allow(() => store.clear(folder, signal)),
    freeBytes: () => life.allow(() => store.freeBytes()),
    journal: async (uri) => {
      life.requireAlive();
      return guardJournal(await store.journal(uri), life);
    },
    localFile: (uri, signal) => life.allow(() => store.localFile(uri, signal)),
  };
}

async function* guardBytes<T>(life: Incarnation, open: () => AsyncIterable<T>): AsyncGenerator<T> {
  life.requireAlive();
  for await (const chunk of open()) {
    life.requireAlive();
    yield chunk;
  }
}

function guardSink(
  sink: Sink,
  life: Incarnation,
  closeWith: (close: () => ReturnType<Sink['close']>) => ReturnType<Sink['close']>,
): Sink {
  let isClosed = false;
  return {
    write: (chunk) => life.allow(() => sink.write(chunk)),
    close: async () => {
      try {
        return await closeWith(() => {
          isClosed = true;
          return sink.close();
        });
      } finally {
        if (!isClosed) await sink.abort();
      }
    },
    // Allowed after a death: it only frees the file that nobody else sees.
    abort: () => (isClosed ? Promise.resolve() : sink.abort()),
  };
}

function guardJournal(journal: Journal, life: Incarnation): Journal {
  return {
    append: (line) => life.effect('write journal', () => journal.append(line)),
    note: (line) => life.effect('write journal', () => journal.note(line)),
    close: () => journal.close(),
  };
}
