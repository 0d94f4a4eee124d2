// Makes the queue that a call opens: it belongs to the caller's tenant, and writes only below the tenant's folders.

import { parseQueue } from '../../../input/queue/resolve.ts';
import { checkFolder, listFolders } from '../access/tenants.ts';
import type { Caller } from '../access/tokens.ts';
import type { GatewayConfig } from '../config.ts';
import { GatewayError } from '../errors.ts';

type Given = Readonly<Record<string, unknown>>;

/** The queue checks its job itself when it opens. Throws if a field of the queue is wrong, or names a folder or a tenant that is not the caller's. */
export function prepareQueue(given: Given, name: string, { tenant, ...caller }: Caller, config: GatewayConfig): Given {
  if ('queue' in given) {
    throw new GatewayError('bad_request', 'queue: give the queue itself, not a reference', { field: 'queue' });
  }
  const own = tenant === null ? given : makeOwn(given, name, { ...caller, tenant }, config);
  const parsed = parseQueue(own, name);
  if (parsed.kind === 'queue') return own;
  const [{ where, message } = { where: '', message: 'is wrong' }] = parsed.problems;
  const field = where === '' ? 'queue' : `queue.${where}`;
  throw new GatewayError('bad_request', `${field}: ${message}`, { field });
}

function makeOwn(
  given: Given,
  name: string,
  caller: Caller & { readonly tenant: string },
  config: GatewayConfig,
): Given {
  const { tenant } = caller;
  const job = isObject(given.job) ? given.job : {};
  if ('tenant' in job && job.tenant !== tenant) {
    throw new GatewayError('forbidden', `queue.job.tenant: the token is of ${tenant}`, { field: 'queue.job.tenant' });
  }
  const uri = isObject(given.output) ? given.output.uri : given.output;
  if (typeof uri === 'string') checkFolder(caller, uri, 'queue.output', config);
  const [folder = ''] = listFolders(tenant, config);
  const place = `${folder.replace(/\/?$/, '/')}queues/${name.slice(tenant.length + 1)}/`;
  const output =
    typeof uri === 'string' ? given.output : isObject(given.output) ? { ...given.output, uri: place } : place;
  return { ...given, ...(isObject(given.job) ? { job: { ...job, tenant } } : {}), output };
}

const isObject = (value: unknown): value is Given =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
