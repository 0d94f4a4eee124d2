// The front for OpenAI's SDKs: `/v1/files` and `/v1/batches`.

import { Hono } from 'hono';
import { requireScope } from '../access/authenticate.ts';
import type { Ids } from '../access/ids.ts';
import type { Batches } from '../batches/batches.ts';
import type { BatchParts } from '../batches/prepare.ts';
import type { GatewayEnv } from '../parts.ts';
import { sweepHourly } from '../sweep-hourly.ts';
import { makeBatchRoutes } from './batch-routes.ts';
import { FileRecords } from './file-record.ts';
import { makeFileRoutes } from './file-routes.ts';
import { OpenaiIds } from './ids.ts';
import type { OpenaiParts } from './parts.ts';
import { sweepUploads } from './sweep-uploads.ts';

export interface FrontParts extends BatchParts {
  readonly ids: Ids;
  readonly batches: Batches;
}

export function makeOpenaiRoutes(given: FrontParts): Hono<GatewayEnv> {
  const { ids, store, places, now } = given;
  const parts: OpenaiParts = { ...given, ids: new OpenaiIds(ids), files: new FileRecords(store, places, now) };
  sweepHourly(() => sweepUploads(parts), parts);
  const routes = new Hono<GatewayEnv>();
  routes.use('*', requireScope('batches'));
  routes.route('/files', makeFileRoutes(parts));
  routes.route('/batches', makeBatchRoutes(parts));
  return routes;
}
