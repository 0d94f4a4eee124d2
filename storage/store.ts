// The port for stored bytes. A uri without a scheme is a path below the data root; one with a scheme names a bucket and a key. A file appears
// whole or not at all.

export interface Stored {
  readonly uri: string;
  readonly bytes: number;
  /** Changes whenever the content may have changed. */
  readonly version: string;
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** First byte to read. */
  readonly start?: number | undefined;
  /** The most bytes that are read ahead. On local disk only: the network brings small pieces anyway. Default: as many as are fast. */
  readonly aheadBytes?: number | undefined;
}

export interface WriteOptions {
  readonly signal?: AbortSignal | undefined;
  /** Fails with `exists` if the file exists already, even if two writers try at the same instant. Default: false. */
  readonly ifAbsent?: boolean | undefined;
  /**
   * The version that the file must still have when it is replaced, however long that takes; null: there must be none. Otherwise the write fails
   * with `changed`. On local disk, the version is compared just before. Default: whatever is there is replaced.
   */
  readonly ifVersion?: string | null | undefined;
}

export interface RemoveOptions {
  readonly signal?: AbortSignal | undefined;
  /** Fails with `changed` if the file has another version. Some servers ignore it. Default: whatever is there is removed. */
  readonly ifVersion?: string | undefined;
}

export interface SweepOptions {
  readonly signal?: AbortSignal | undefined;
  /** In milliseconds. Default: all are swept. */
  readonly before?: number | undefined;
}

/** A file that is being written: readers see it only after `close`, and never after `abort`. */
export interface Sink {
  /** The chunk must not be changed until this resolves; then the next one may be written. */
  write(chunk: Uint8Array): Promise<void>;
  /** The file and its folder are durable when it resolves. */
  close(): Promise<Stored>;
  abort(): Promise<void>;
}

/** A new append-only file whose lines become durable one by one: they survive a crash in the middle of the realtime lane. */
export interface Journal {
  /** Durable when it resolves. Appends that wait at the same time share one sync. */
  append(line: Uint8Array): Promise<void>;
  /** Written but not synced: may be lost if the machine fails, but not if the process dies. */
  note(line: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export interface Store {
  /** A chunk is valid until the next one is asked for: copy it to keep it. */
  read(uri: string, options?: ReadOptions): AsyncIterable<Uint8Array>;
  create(uri: string, options?: WriteOptions): Promise<Sink>;
  head(uri: string, signal?: AbortSignal): Promise<Stored | null>;
  list(prefix: string, signal?: AbortSignal): AsyncIterable<Stored>;
  remove(uri: string, options?: RemoveOptions): Promise<void>;
  /**
   * Deletes what dead writers left unfinished below a folder. A writer that is still alive then fails when it closes, if any of its bytes are in
   * the store and the store can list them. `before` spares those that were begun later, or on local disk were written to later.
   */
  sweep(folder: string, options?: SweepOptions): Promise<void>;
  /** Deletes a folder with everything below it. */
  clear(folder: string, signal?: AbortSignal): Promise<void>;
  /** How many bytes can still be written; null if the store does not know. */
  freeBytes(): Promise<number | null>;
  /** Fails with `exists` if the file exists already. Readers may see its last line torn: they read it with `endedOnly`. */
  journal(uri: string): Promise<Journal>;
  /** A path at which this machine can read the file; a copy if the store is remote. `done` frees the copy. */
  localFile(uri: string, signal?: AbortSignal): Promise<{ readonly path: string; done(): Promise<void> }>;
}

export type StoreProblem =
  | 'missing'
  | 'unreadable'
  | 'exists'
  /** A write or a removal depended on a version that the file does not have any more. */
  | 'changed'
  | 'outside_root'
  | 'bad_uri'
  | 'full'
  | 'unwritable'
  | 'no_bucket'
  | 'no_credentials'
  /** The server ignores the condition that a file is created only if it is absent, or does not replace a file under the condition of its version. */
  | 'not_exclusive'
  | 'unavailable';

/** What each problem means, and what a person may do. */
export const storeAdvice: Readonly<Record<StoreProblem, string>> = {
  missing: 'the file does not exist',
  unreadable: 'the file cannot be read: check its permissions',
  exists: 'the file exists already',
  changed: 'another process has changed the file meanwhile',
  outside_root: 'the path is outside the data root',
  bad_uri: 'not a path under the data root, and not a bucket with a key',
  full: 'the store is full: free some space',
  unwritable: 'the folder cannot be written to: check its permissions',
  no_bucket: 'the bucket does not exist: create it, or correct its name',
  no_credentials: 'there are no credentials for the store, or it refuses them: give this process working ones',
  not_exclusive:
    'its server does not keep to the conditions under which files are created and replaced, so two jobs could take one folder, or none could: use another server',
  unavailable: 'the store does not answer',
};

/** A problem with one uri. The message names the uri, which the user wrote, and never any content. */
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

/** Whether there is no such file. */
export const isMissing = (error: unknown): boolean => error instanceof StoreError && error.problem === 'missing';
