// The ids of OpenAI's front. One that is not the caller's is unknown, in the vendor's words.

import type { IdKind, Ids } from '../access/ids.ts';
import { OpenaiError } from './openai-error.ts';

type Tenant = string | null;

/** Files that are made of a batch have its uuid. */
export type FileKind = Exclude<IdKind, 'batch'>;
const fileKinds: readonly FileKind[] = ['file', 'output', 'errors', 'input'];

export class OpenaiIds {
  readonly #ids: Ids;

  constructor(ids: Ids) {
    this.#ids = ids;
  }

  formatBatch = (tenant: Tenant, uuid: string): string => this.#ids.format('batch_', 'batch', tenant, uuid);
  formatFile = (tenant: Tenant, kind: FileKind, uuid: string): string => this.#ids.format('file-', kind, tenant, uuid);

  parseBatch(tenant: Tenant, id: string): string {
    const uuid = this.#ids.parse(id, 'batch_', 'batch', tenant);
    if (uuid === null) throw refuseBatch(id);
    return uuid;
  }

  parseFile(tenant: Tenant, id: string): { readonly kind: FileKind; readonly uuid: string } {
    for (const kind of fileKinds) {
      const uuid = this.#ids.parse(id, 'file-', kind, tenant);
      if (uuid !== null) return { kind, uuid };
    }
    throw refuseFile(id);
  }
}

export const refuseBatch = (id: string): OpenaiError =>
  new OpenaiError('not_found', 'batch_not_found', `No batch found with id '${shorten(id)}'.`);

export const refuseFile = (id: string): OpenaiError =>
  new OpenaiError('not_found', 'file_not_found', `No such File object: ${shorten(id)}`, 'id');

/** The caller sent it, at any length. */
const shorten = (id: string): string => (id.length > 100 ? `${id.slice(0, 100)}…` : id);
