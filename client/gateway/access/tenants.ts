// Keeps tenants apart: each sees only its own jobs and queues, and reads and writes only below its own folders.

import { queueIdPrefix } from '../../../domain/queue/state.ts';
import { readScheme } from '../../../domain/store-uri.ts';
import { namePattern, nameWanted } from '../../../input/fields/field-kinds.ts';
import type { GatewayConfig } from '../config.ts';
import { GatewayError } from '../errors.ts';
import type { Caller } from './tokens.ts';

/** A tenant's ids need no escape in a path or an address. */
const idForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** The workflow's id of a caller's job. An operator uses the ids of workflows as they are. */
export function toOwnId({ tenant }: Caller, id: string): string {
  if (tenant === null || isOwnFlush(tenant, id)) return id;
  if (!idForm.test(id)) {
    throw new GatewayError('bad_request', 'an id has 1 to 200 letters, digits, dots, dashes and underscores', {
      field: 'id',
    });
  }
  return `${tenant}/${id}`;
}

/** The same for a job that is new. The ids of flushes are for the queue to use. */
export function toNewId(caller: Caller, id: string): string {
  if (caller.tenant === null || !isOwnFlush(caller.tenant, id)) return toOwnId(caller, id);
  throw new GatewayError('bad_request', 'this id is for a flush of a queue: choose another one', { field: 'id' });
}

/** The page of a queue shows the ids of the jobs of its flushes. */
const isOwnFlush = (tenant: string, id: string): boolean =>
  id.startsWith(`${queueIdPrefix}${tenant}.`) && /^[A-Za-z0-9._-]+\/flush-\d+$/.test(id.slice(queueIdPrefix.length));

/** The name of a caller's queue for the server. A tenant's name has no dot, so no tenant can name a queue of another one. */
export function toQueueName({ tenant }: Caller, name: string): string {
  const full = tenant === null ? name : `${tenant}.${name}`;
  if (namePattern.test(name) && namePattern.test(full)) return full;
  const length = tenant === null ? '' : `, together with ${tenant} and a dot`;
  throw new GatewayError('bad_request', `a queue has ${nameWanted}${length}`, { field: 'name' });
}

/** The id by which the caller knows a job; null if it belongs to somebody else. */
export function readOwnId({ tenant }: Caller, workflowId: string): string | null {
  if (tenant === null) return workflowId;
  const id = workflowId.startsWith(`${tenant}/`) ? workflowId.slice(tenant.length + 1) : '';
  return idForm.test(id) ? id : null;
}

/** By default, a tenant has the folder that has its name. */
export const listFolders = (tenant: string, { tenants }: Pick<GatewayConfig, 'tenants'>): readonly string[] =>
  tenants[tenant]?.folders ?? [`${tenant}/`];

/** Throws if a caller may not use a path or uri. The field is named, because the path alone may say nothing. */
export function checkFolder(caller: Caller, uri: string, field: string, config: Pick<GatewayConfig, 'tenants'>): void {
  if (caller.tenant === null) return;
  const folders = listFolders(caller.tenant, config);
  const isPlain = !uri.split('/').includes('..') && !(readScheme(uri) === null && uri.startsWith('/'));
  if (isPlain && folders.some((folder) => uri.startsWith(folder.endsWith('/') ? folder : `${folder}/`))) return;
  throw new GatewayError('forbidden', `${field}: must be below ${folders.join(' or ')}`, { field });
}
