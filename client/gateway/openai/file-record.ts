// Uploaded files: the content and a record of each, which is written last, so that a file is there only when it is whole.

import { readOwnIfThere } from '../../../job-folder/job-file.ts';
import { writeJson } from '../../../storage/lines/json-lines.ts';
import type { Store } from '../../../storage/store.ts';
import type { LinesSummary } from '../batches/lines-tally.ts';
import { type Places, readUuid } from '../batches/places.ts';

export interface FileRecord {
  readonly version: 1;
  readonly uuid: string;
  readonly tenant: string | null;
  readonly filename: string;
  readonly bytes: number;
  readonly purpose: 'batch';
  /** In milliseconds; null: it stays until it is deleted. */
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lines: LinesSummary;
}

export class FileRecords {
  readonly #store: Store;
  readonly #places: Places;
  readonly #now: () => number;

  constructor(store: Store, places: Places, now: () => number) {
    this.#store = store;
    this.#places = places;
    this.#now = now;
  }

  async add(record: FileRecord): Promise<void> {
    await writeJson(this.#store, this.#places.fileRecord(record.tenant, record.uuid), record, { ifAbsent: true });
  }

  /** Null if there is none, or its time is over. */
  async find(tenant: string | null, uuid: string): Promise<FileRecord | null> {
    const record = await this.findKept(tenant, uuid);
    return record === null || this.#isOver(record) ? null : record;
  }

  /** Also one whose time is over, as long as it is in the store. */
  findKept(tenant: string | null, uuid: string): Promise<FileRecord | null> {
    return readOwnIfThere<FileRecord>(this.#store, this.#places.fileRecord(tenant, uuid));
  }

  /** The uuids of all, the newest first. */
  async list(tenant: string | null): Promise<readonly string[]> {
    const uuids: string[] = [];
    for await (const { uri } of this.#store.list(this.#places.files(tenant))) {
      const uuid = readUuid(uri);
      if (uuid !== null) uuids.push(uuid);
    }
    return uuids.sort().reverse();
  }

  /** First the record: a file without content is never shown. */
  async remove(tenant: string | null, uuid: string): Promise<void> {
    await this.#store.remove(this.#places.fileRecord(tenant, uuid));
    await this.#store.remove(this.#places.fileContent(tenant, uuid));
  }

  #isOver({ expiresAt }: FileRecord): boolean {
    return expiresAt !== null && expiresAt <= this.#now();
  }
}
