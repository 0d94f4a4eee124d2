// The port bytes rest behind. A uri is a path below the data root (or, with a scheme, elsewhere); a file appears whole or not at all.

export interface Stored {
  readonly uri: string;
  readonly bytes: number;
  /** Changes whenever the content may have. */
  readonly version: string;
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** First byte to read. */
  readonly start?: number | undefined;
}

export interface WriteOptions {
  readonly signal?: AbortSignal | undefined;
  /** Fails with `exists` where there is such a file already, whoever else is writing at the same instant. */
  readonly ifAbsent?: boolean | undefined;
}

/** A file being written: nobody sees it before `close`, nobody ever sees it after `abort`. */
export interface Sink {
  /** Resolves when the next chunk is welcome and this one is the caller's again: until then it must not be changed. */
  write(chunk: Uint8Array): Promise<void>;
  /** Durable (file and folder) when it resolves. */
  close(): Promise<Stored>;
  abort(): Promise<void>;
}

/** An append-only file whose lines are durable one by one: what survives a crash in the middle of the realtime lane. */
export interface Journal {
  /** Lines of earlier lives; a torn last line is left out. */
  lines(): AsyncIterable<Buffer>;
  /** Durable when it resolves; appends under way at once share one sync. */
  append(line: Uint8Array): Promise<void>;
  /** Written, but not waited for: may be lost with the machine, not with the process. */
  note(line: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export interface Store {
  /** A chunk is valid until the next is asked for: copy to keep. */
  read(uri: string, options?: ReadOptions): AsyncIterable<Uint8Array>;
  create(uri: string, options?: WriteOptions): Promise<Sink>;
  head(uri: string, signal?: AbortSignal): Promise<Stored | null>;
  list(prefix: string, signal?: AbortSignal): AsyncIterable<Stored>;
  remove(uri: string, signal?: AbortSignal): Promise<void>;
  /** Deletes what writers left unfinished below a folder when they died. One that still lives fails at its close. */
  sweep(folder: string, signal?: AbortSignal): Promise<void>;
  /** Deletes all that lies below a folder, and the folder. */
  clear(folder: string, signal?: AbortSignal): Promise<void>;
  /** What can still be written; null where the store cannot tell. */
  freeBytes(): Promise<number | null>;
  journal(uri: string): Promise<Journal>;
  /** A path by which the file can be read on this machine; a copy where the store is remote. `done` frees the copy. */
  localFile(uri: string, signal?: AbortSignal): Promise<{ readonly path: string; done(): Promise<void> }>;
}

export type StoreProblem =
  | 'missing'
  | 'unreadable'
  | 'exists'
  | 'outside_root'
  | 'bad_uri'
  | 'full'
  | 'unwritable'
  | 'unavailable';

/** What went wrong, where: the uri is the person's own, no content is ever in it. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly problem: StoreProblem;
  readonly uri: string;

  constructor(problem: StoreProblem, uri: string) {
    super(`${problem}: ${uri}`);
    this.problem = problem;
    this.uri = uri;
  }
}
