// The front for Anthropic's SDKs: `/v1/messages/batches`.

import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { Json } from '../../../domain/outcome/outcome.ts';
import { requireScope } from '../access/authenticate.ts';
import type { Ids } from '../access/ids.ts';
import type { Batches } from '../batches/batches.ts';
import { makeTranslation } from '../batches/make-translation.ts';
import type { BatchParts } from '../batches/prepare.ts';
import { type Batch, type BatchRecord, hasEnded } from '../batches/record.ts';
import { readSending } from '../batches/repeats.ts';
import { translatedEndpoints } from '../batches/translator.ts';
import { GatewayError } from '../errors.ts';
import type { GatewayEnv } from '../parts.ts';
import { sendStream } from '../send-stream.ts';
import { describeBatch } from './batch-object.ts';
import { RequestChecker } from './check-request.ts';
import { findOrigin } from './find-origin.ts';
import { receiveRequests } from './receive-requests.ts';
import { readResultLines } from './result-lines.ts';

interface AnthropicParts extends BatchParts {
  readonly ids: Ids;
  readonly batches: Batches;
}

const prefix = 'msgbatch_';
const windowMs = 24 * 3_600_000;
const limitMax = 1000;
const limitForm = z.coerce.number().int().min(1).max(limitMax);

export function makeAnthropicRoutes(parts: AnthropicParts): Hono<GatewayEnv> {
  const { batches, store, places, config } = parts;
  const routes = new Hono<GatewayEnv>();
  routes.use('*', requireScope('batches'));

  routes.post('/batches', async (context) => {
    const { tenant } = context.get('caller');
    const uuid = batches.makeUuid();
    const lines = places.lines(tenant, uuid, 'anthropic');
    const checker = new RequestChecker(config);
    const target = { store, uri: lines, limits: config.limits, checker };
    const sending = readSending(context.req);
    const { total, route, digest } = await receiveRequests(context.env.incoming, target);
    const endpoint = translatedEndpoints.anthropic;
    const order = { endpoint, lines, total, route, digest, problems: [], windowMs, file: null, front: {} };
    const batch = await batches.create(tenant, { dialect: 'anthropic', ...order }, sending, uuid);
    // An order that came again has its lines already.
    if (batch.record.lines !== lines) await store.remove(lines);
    return context.json(show(context, parts, batch));
  });

  routes.get('/batches', async (context) => {
    const { tenant } = context.get('caller');
    const { limit, after_id: after, before_id: before } = context.req.query();
    const parsed = limitForm.safeParse(limit ?? 20);
    if (!parsed.success) throw new GatewayError('bad_request', `limit: must be 1 to ${limitMax}`, { field: 'limit' });
    const cursor = (id: string | undefined): string | null => (id === undefined ? null : readId(parts, tenant, id));
    const list = await batches.list(tenant, { limit: parsed.data, after: cursor(after), before: cursor(before) });
    const data = list.batches.map((batch) => show(context, parts, batch));
    const [first, last] = [data[0]?.id ?? null, data.at(-1)?.id ?? null];
    return context.json({ data, has_more: list.hasMore, first_id: first, last_id: last });
  });

  routes.get('/batches/:id', async (context) => context.json(show(context, parts, await find(context, parts))));

  routes.post('/batches/:id/cancel', async (context) => {
    const { record, state } = await find(context, parts);
    if (hasEnded(state)) throw new GatewayError('bad_request', 'the batch has ended, and cannot be canceled');
    const batch = await batches.cancel(record.tenant, record.uuid);
    return context.json(show(context, parts, batch ?? { record, state }));
  });

  routes.delete('/batches/:id', async (context) => {
    const { record, state } = await find(context, parts);
    if (!hasEnded(state)) throw new GatewayError('bad_request', 'the batch has not ended: cancel it first');
    await batches.remove(record);
    return context.json({ id: context.req.param('id'), type: 'message_batch_deleted' });
  });

  routes.get('/batches/:id/results', async (context) => {
    const batch = await find(context, parts);
    if (!hasEnded(batch.state)) throw new GatewayError('not_found', 'the batch has no results yet: it has not ended');
    const translate = makeOwnTranslation(parts, batch.record);
    const folder = places.output(batch.record.tenant, batch.record.uuid);
    const lines = readResultLines({ store, folder, translate, signal: context.req.raw.signal }, batch);
    return sendStream(context, lines, { contentType: 'application/x-jsonl', bytes: null, limits: config.limits });
  });
  return routes;
}

function readId({ ids }: AnthropicParts, tenant: string | null, id: string): string {
  const uuid = ids.parse(id, prefix, 'batch', tenant);
  if (uuid === null) throw new GatewayError('not_found', 'there is no batch with this id');
  return uuid;
}

/** Throws if the caller has no such batch. */
async function find(context: Context<GatewayEnv>, parts: AnthropicParts): Promise<Batch> {
  const { tenant } = context.get('caller');
  const batch = await parts.batches.retrieve(tenant, readId(parts, tenant, context.req.param('id') ?? ''));
  if (batch === null) throw new GatewayError('not_found', 'there is no batch with this id');
  return batch;
}

function show(context: Context<GatewayEnv>, { ids, config }: AnthropicParts, batch: Batch): { [name: string]: Json } {
  const { tenant, uuid } = batch.record;
  const origin = findOrigin(context.req, config);
  return describeBatch(batch, { id: ids.format(prefix, 'batch', tenant, uuid), origin });
}

/** From the form of the provider to messages. A batch of OpenAI's front may have other answers. */
function makeOwnTranslation({ translator }: AnthropicParts, record: BatchRecord): (response: Json) => Json {
  const { from, translate } = makeTranslation(translator, record, 'anthropic');
  if (!Object.values(translatedEndpoints).includes(from)) {
    throw new GatewayError('bad_request', `answers of ${from} cannot be carried into messages`);
  }
  return translate;
}
