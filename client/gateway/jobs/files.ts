// `GET /api/jobs/:id/files/:file`: sends a file of a job that has ended, as a stream.

import type { Hono } from 'hono';
import { fileNames, type JobFile, placeNextTo } from '../../results.ts';
import { requireScope } from '../access/authenticate.ts';
import { toOwnId } from '../access/tenants.ts';
import { GatewayError } from '../errors.ts';
import type { GatewayEnv, GatewayParts } from '../parts.ts';
import { sendStream } from '../send-stream.ts';

const isFile = (name: string): name is JobFile => Object.hasOwn(fileNames, name);

const contentTypes: Partial<Record<JobFile, string>> = {
  page: 'text/html; charset=utf-8',
  report: 'application/json',
};

export function addFile(routes: Hono<GatewayEnv>, { jobs, store, config }: GatewayParts): void {
  routes.get('/:id/files/:file', requireScope('read'), async (context) => {
    const { id, file } = context.req.param();
    if (!isFile(file)) {
      throw new GatewayError('not_found', `there is no file ${file}: use one of ${Object.keys(fileNames).join(', ')}`);
    }
    const { results } = await jobs.describe(toOwnId(context.get('caller'), id));
    if (results === null) throw new GatewayError('conflict', `${id} has no results yet: follow its events`);
    const uri = placeNextTo(results, fileNames[file]);
    const stored = await store.head(uri);
    if (stored === null) throw new GatewayError('not_found', `${file} of ${id} is not in the store any more`);
    const chunks = store.read(uri, { signal: context.req.raw.signal });
    return sendStream(context, chunks, {
      contentType: contentTypes[file] ?? 'application/x-ndjson',
      bytes: stored.bytes,
      limits: config.limits,
    });
  });
}
