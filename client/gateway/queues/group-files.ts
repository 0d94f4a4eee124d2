// The files in which a gateway gives groups of items to queues. A queue copies the items, so a file is only needed until the queue has answered.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { lineChunks, writeBytes } from '../../../storage/lines/json-lines.ts';
import { type Store, StoreError } from '../../../storage/store.ts';
import type { Added } from '../../../workflows/queue/messages.ts';

export type Refusal = Added['refusals'][number];

export interface GroupFile {
  readonly uri: string;
  /** For the refusals that the queue's answer does not name. */
  readonly refusals: string;
}

const name = /\/(\d{13})-[0-9a-f]{16}(\.refused)?\.jsonl$/;
const triesMax = 4;
const againMs = 250;
const refusalBytesMax = 1024 * 1024;
/** No call waits for so long, so no queue reads an older file for anybody. */
const oldMs = 3_600_000;

export class GroupFiles {
  readonly #store: Store;
  readonly #folder: string;
  readonly #now: () => number;

  constructor(store: Store, folder: string, now: () => number) {
    this.#store = store;
    this.#folder = `${folder}intake/`;
    this.#now = now;
  }

  /** The lines are durable when it resolves. A store that does not answer is tried again, because nobody else does so here. */
  async write(lines: Buffer): Promise<GroupFile> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#tryToWrite(lines);
      } catch (error) {
        if (!(error instanceof StoreError) || error.problem !== 'unavailable' || tries === triesMax) throw error;
        await sleep(againMs * tries);
      }
    }
  }

  async #tryToWrite(lines: Buffer): Promise<GroupFile> {
    const base = `${this.#folder}${String(this.#now()).padStart(13, '0')}-${randomBytes(8).toString('hex')}`;
    const file = { uri: `${base}.jsonl`, refusals: `${base}.refused.jsonl` };
    await writeBytes(this.#store, file.uri, lines, { ifAbsent: true });
    return file;
  }

  async readRefusals({ refusals }: GroupFile): Promise<readonly Refusal[]> {
    const found: Refusal[] = [];
    for await (const lines of lineChunks(this.#store.read(refusals), { lineBytesMax: refusalBytesMax })) {
      for (const { bytes } of lines) if (bytes !== null && bytes.length > 0) found.push(JSON.parse(bytes.toString()));
    }
    return found;
  }

  /** Nothing depends on it: what cannot be deleted now is swept later. */
  async remove({ uri, refusals }: GroupFile, hasRefusals: boolean): Promise<void> {
    try {
      await this.#store.remove(uri);
      if (hasRefusals) await this.#store.remove(refusals);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /** Deletes what gateways left that were killed. */
  async sweep(): Promise<void> {
    for await (const { uri } of this.#store.list(this.#folder)) {
      const [, at] = name.exec(uri) ?? [];
      if (at !== undefined && Number(at) < this.#now() - oldMs) await this.#store.remove(uri);
    }
  }
}
