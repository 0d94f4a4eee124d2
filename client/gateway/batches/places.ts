// Where the gateway keeps what belongs to files and batches, below its folder in the store. Records have folders of their own, so that a
// list of them passes by nothing else.

import type { GatewayConfig } from '../config.ts';

export type Mark =
  /** Its workflow was started: it is never started again. */
  | 'started'
  /** Somebody asked for its end. */
  | 'cancel'
  /** How it ended: Temporal forgets workflows after a while. */
  | 'ended';

export class Places {
  readonly #folder: string;

  constructor({ folder }: Pick<GatewayConfig, 'folder'>) {
    this.#folder = folder;
  }

  batches = (tenant: string | null): string => `${this.#of(tenant)}batches/`;
  record = (tenant: string | null, uuid: string): string => `${this.batches(tenant)}${uuid}.json`;
  mark = (tenant: string | null, uuid: string, mark: Mark): string => `${this.#of(tenant)}marks/${uuid}/${mark}.json`;
  /** The output of its job. */
  output = (tenant: string | null, uuid: string): string => `${this.#of(tenant)}runs/${uuid}/`;
  allLines = (tenant: string | null): string => `${this.#of(tenant)}lines/`;
  /** Request lines that came with an order, or were translated for the provider. */
  lines = (tenant: string | null, uuid: string, form: string): string =>
    `${this.allLines(tenant)}${uuid}.${form}.jsonl`;

  files = (tenant: string | null): string => `${this.#of(tenant)}files/`;
  fileRecord = (tenant: string | null, uuid: string): string => `${this.files(tenant)}${uuid}.json`;
  uploads = (tenant: string | null): string => `${this.#of(tenant)}uploads/`;
  fileContent = (tenant: string | null, uuid: string): string => `${this.uploads(tenant)}${uuid}.jsonl`;
  /** One for each batch that has the file as its input. */
  uses = (tenant: string | null, file: string): string => `${this.#of(tenant)}uses/${file}/`;

  /** A batch that was made of the same order, known before its record is. */
  sameOrders = (tenant: string | null, mark: string): string => `${this.#of(tenant)}same-orders/${mark}/`;
  sameOrder = (tenant: string | null, mark: string, uuid: string): string =>
    `${this.sameOrders(tenant, mark)}${uuid}.json`;

  /** Which batch an order with this name became. */
  order = (tenant: string | null, hash: string): string => `${this.#of(tenant)}orders/${hash}.json`;

  /** Tenants that have, or had, a token. */
  get tenants(): string {
    return `${this.#folder}known-tenants/`;
  }

  tenantMark = (tenant: string): string => `${this.tenants}${tenant}.json`;

  /** Batches whose workflow may not have been started. */
  get pending(): string {
    return `${this.#folder}pending/`;
  }

  pendingMark = (tenant: string | null, uuid: string): string => `${this.pending}${nameOf(tenant)}/${uuid}.json`;

  #of(tenant: string | null): string {
    return `${this.#folder}tenants/${nameOf(tenant)}/`;
  }
}

/** No tenant's name begins so. */
const operator = '_';

const nameOf = (tenant: string | null): string => tenant ?? operator;

/** The uuid of a record; null of any other file. */
export const readUuid = (uri: string): string | null => /\/([0-9a-f-]{36})\.json$/.exec(uri)?.[1] ?? null;

/** The uuid of an upload's content; null of any other file. */
export const readContentUuid = (uri: string): string | null => /\/([0-9a-f-]{36})\.jsonl$/.exec(uri)?.[1] ?? null;

/** The tenant of a mark in `known-tenants`; null of any other file. */
export const readTenant = (uri: string): string | null => /\/([a-z0-9_-]+)\.json$/.exec(uri)?.[1] ?? null;

/** The tenant and the uuid of a mark in `pending`; null of any other file. */
export function readPending(uri: string): { readonly tenant: string | null; readonly uuid: string } | null {
  const uuid = readUuid(uri);
  const name = uri.split('/').at(-2);
  return name === undefined || uuid === null ? null : { tenant: name === operator ? null : name, uuid };
}

/** The name of the workflow. */
export const nameJob = (tenant: string | null, uuid: string): string =>
  tenant === null ? `batch-${uuid}` : `${tenant}/batch-${uuid}`;
