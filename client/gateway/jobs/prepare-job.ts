// Makes the job of a caller: it belongs to the caller's tenant, and reads and writes only below the tenant's folders.

import type { Job } from '../../../input/schema.ts';
import { describeProblems } from '../../problems.ts';
import { checkFolder, listFolders } from '../access/tenants.ts';
import type { Caller } from '../access/tokens.ts';
import type { GatewayConfig } from '../config.ts';
import { GatewayError } from '../errors.ts';

/**
 * The worker checks everything that needs a worker. Throws if the job's fields have problems, or name a folder or a tenant that is not the caller's.
 */
export function prepareJob(
  given: Readonly<Record<string, unknown>>,
  workflowId: string,
  caller: Caller,
  config: GatewayConfig,
): Job {
  const { tenant } = caller;
  if (tenant === null) return checkFields(given);
  if ('job' in given) {
    throw new GatewayError('forbidden', 'job: give the job itself, not a reference', { field: 'job' });
  }
  if ('tenant' in given && given.tenant !== tenant) {
    throw new GatewayError('forbidden', `tenant: the token is of ${tenant}`, { field: 'tenant' });
  }
  for (const field of ['dataset', 'output', 'reuse', 'resumeFrom']) {
    for (const uri of listUris(given[field])) checkFolder(caller, uri, field, config);
  }
  // Its rows name files, which the gateway does not read: they could be those of anybody.
  if (isObject(given.dataset) && 'files' in given.dataset) {
    const message = 'dataset.files: only an operator may start a job whose rows name files';
    throw new GatewayError('forbidden', message, { field: 'dataset' });
  }
  const [folder = ''] = listFolders(tenant, config);
  const output = given.output ?? `${folder.replace(/\/?$/, '/')}runs/${workflowId.slice(tenant.length + 1)}/`;
  return checkFields({ ...given, tenant, output });
}

function checkFields(job: Readonly<Record<string, unknown>>): Job {
  const problems = describeProblems(job);
  if (problems.length > 0) throw new GatewayError('bad_request', problems.join('\n'), { field: 'job' });
  return job as unknown as Job;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** A field is a uri, an object with one, or a list of either. */
function listUris(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(listUris);
  if (isObject(value) && 'uri' in value) return listUris(value.uri);
  return [];
}
