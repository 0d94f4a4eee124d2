// The address of a job's page in Temporal's Web UI.

import { type Client, Connection } from '@temporalio/client';

const cloud = 'https://cloud.temporal.io';
/** A dev server's Web UI is at its own port plus this, unless it was told another one. */
const devPortsApart = 1000;

/** Null if it is not known where the Web UI is: NIGHTSHIFT_WEB_UI says so. */
export function findWebUi(client: Client, base: string | null): string | null {
  if (base !== null) return base.replace(/\/+$/, '');
  if (!(client.connection instanceof Connection)) return null;
  return guessWebUi(client.connection.options.address);
}

export function guessWebUi(address: string): string | null {
  const [, host = '', port = '7233'] = /^(.*?)(?::(\d+))?$/.exec(address) ?? [];
  if (/\.tmprl\.cloud$|\.api\.temporal\.io$/.test(host)) return cloud;
  if (!['localhost', '127.0.0.1', '[::1]'].includes(host)) return null;
  return `http://localhost:${Number(port) + devPortsApart}`;
}

/** In a path, `.` and `..` mean folders, however they are written. A job with such an id is found by a search. */
export function linkJob(webUi: string, namespace: string, id: string, runId: string): string {
  const workflows = `${webUi}/namespaces/${encodeURIComponent(namespace)}/workflows`;
  if (/^\.\.?$/.test(id)) return `${workflows}?query=${encodeURIComponent(`WorkflowId="${id}"`)}`;
  return `${workflows}/${encodeURIComponent(id)}/${runId}/history`;
}
