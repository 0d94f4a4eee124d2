// `/v1/batches`: creates, shows, lists and cancels batches.

import { Hono } from 'hono';
import { z } from 'zod';
import { parseDuration } from '../../../domain/duration.ts';
import { type BatchOrder, hasEnded } from '../batches/record.ts';
import { readSending } from '../batches/repeats.ts';
import type { GatewayEnv } from '../parts.ts';
import { readBody } from '../read-body.ts';
import { describeBatch } from './batch-object.ts';
import { readLimit, readMetadata } from './check-values.ts';
import { describeList } from './file-routes.ts';
import { findProblems } from './find-problems.ts';
import { refuseBatch, refuseFile } from './ids.ts';
import { OpenaiError, refuseMissing, refuseValue } from './openai-error.ts';
import type { OpenaiParts } from './parts.ts';

const createForm = z.looseObject({
  input_file_id: z.string().nullish(),
  endpoint: z.string().nullish(),
  completion_window: z.string().nullish(),
  metadata: z.unknown().optional(),
});

const limitMax = 100;
const limitByDefault = 20;

const endpointForm = /^\/v1\/[a-z/_-]{1,60}$/;
const windowMsMin = 3_600_000;
const windowMsMax = 7 * 86_400_000;

export function makeBatchRoutes(parts: OpenaiParts): Hono<GatewayEnv> {
  const { ids, files, places, batches, config } = parts;
  const routes = new Hono<GatewayEnv>();

  routes.post('/', async (context) => {
    const { tenant } = context.get('caller');
    const given = await readBody(context, createForm, config.limits);
    const { input_file_id: fileId, endpoint, completion_window: window, metadata } = given;
    if (isAbsent(fileId)) throw refuseMissing('input_file_id');
    if (isAbsent(endpoint)) throw refuseMissing('endpoint');
    if (isAbsent(window)) throw refuseMissing('completion_window');
    if (!endpointForm.test(endpoint)) throw refuseValue('endpoint', 'must be a path such as /v1/chat/completions.');
    const { kind, uuid } = ids.parseFile(tenant, fileId);
    const file = kind === 'file' ? await files.find(tenant, uuid) : null;
    if (file === null) throw refuseFile(fileId);
    const { problems, route } = findProblems(file.lines, endpoint, config);
    const order: BatchOrder = {
      dialect: 'openai',
      endpoint,
      lines: places.fileContent(tenant, uuid),
      total: file.lines.total,
      route,
      problems,
      windowMs: readWindow(window),
      digest: uuid,
      file: uuid,
      front: { window, metadata: readMetadata(metadata) },
    };
    return context.json(describeBatch(await batches.create(tenant, order, readSending(context.req)), ids));
  });

  routes.get('/', async (context) => {
    const { tenant } = context.get('caller');
    const after = context.req.query('after');
    const limit = readLimit(context.req.query('limit'), { max: limitMax, byDefault: limitByDefault });
    const list = await batches.list(tenant, {
      limit,
      after: after === undefined ? null : ids.parseBatch(tenant, after),
    });
    const data = list.batches.map((batch) => describeBatch(batch, ids));
    return context.json({ ...describeList(data, limit), has_more: list.hasMore });
  });

  routes.get('/:id', async (context) => {
    const { tenant } = context.get('caller');
    const id = context.req.param('id');
    const batch = await batches.retrieve(tenant, ids.parseBatch(tenant, id));
    if (batch === null) throw refuseBatch(id);
    return context.json(describeBatch(batch, ids));
  });

  routes.post('/:id/cancel', async (context) => {
    const { tenant } = context.get('caller');
    const id = context.req.param('id');
    const uuid = ids.parseBatch(tenant, id);
    const before = await batches.retrieve(tenant, uuid);
    if (before === null) throw refuseBatch(id);
    if (hasEnded(before.state)) {
      const { status } = describeBatch(before, ids);
      throw new OpenaiError('conflict', null, `Cannot cancel a batch with status '${status}'.`);
    }
    const batch = await batches.cancel(tenant, uuid);
    if (batch === null) throw refuseBatch(id);
    return context.json(describeBatch(batch, ids));
  });
  return routes;
}

const isAbsent = (value: string | null | undefined): value is null | undefined => value === undefined || value === null;

function readWindow(window: string): number {
  const ms = /^\d+[hd]$/.test(window) ? parseDuration(window) : null;
  if (ms === null || ms < windowMsMin || ms > windowMsMax) {
    throw refuseValue('completion_window', 'must be 1h to 7d, such as 24h.');
  }
  return ms;
}
