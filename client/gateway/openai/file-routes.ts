// `/v1/files`: uploads, and what is made of a batch: its output and its errors.

import { type Context, Hono } from 'hono';
import { z } from 'zod';
import type { Json } from '../../../domain/outcome/outcome.ts';
import { fileNames } from '../../results.ts';
import { makeUuid } from '../access/ids.ts';
import { makeTranslation } from '../batches/make-translation.ts';
import type { Batch } from '../batches/record.ts';
import type { GatewayEnv } from '../parts.ts';
import { sendStream } from '../send-stream.ts';
import { hasOutput, toSeconds } from './batch-object.ts';
import { readLimit } from './check-values.ts';
import type { FileRecord } from './file-record.ts';
import { refuseFile } from './ids.ts';
import { OpenaiError, refuseMissing, refuseValue } from './openai-error.ts';
import { readOutput } from './output-lines.ts';
import type { OpenaiParts } from './parts.ts';
import { receiveUpload, type Upload } from './receive-upload.ts';

type Shown = { readonly [name: string]: Json };

const listMax = 10_000;
const listForm = z.object({
  order: z.enum(['asc', 'desc']).catch('desc'),
  after: z.string().optional(),
  purpose: z.string().optional(),
});

const contentType = 'application/octet-stream';
const filenameCharsMax = 1000;
/** As at the vendor: an hour to thirty days. */
const expiry = z.coerce.number().int().min(3600).max(2_592_000);

export function makeFileRoutes(parts: OpenaiParts): Hono<GatewayEnv> {
  const { ids, files, store, places, config, now, batches } = parts;
  const routes = new Hono<GatewayEnv>();

  routes.post('/', async (context) => {
    const { tenant } = context.get('caller');
    const uuid = makeUuid(now());
    const uri = places.fileContent(tenant, uuid);
    try {
      const upload = await receiveUpload(context.env.incoming, { store, uri, limits: config.limits });
      const record = makeRecord(upload, { tenant, uuid, createdAt: now() });
      await files.add(record);
      return context.json(describeFile(record, parts));
    } catch (error) {
      await store.remove(uri);
      throw error;
    }
  });

  routes.get('/', async (context) => {
    const { tenant } = context.get('caller');
    const { order, after, purpose } = listForm.parse(context.req.query());
    const limit = readLimit(context.req.query('limit'), { max: listMax, byDefault: listMax });
    const uuids = purpose === undefined || purpose === 'batch' ? await files.list(tenant) : [];
    const ordered = order === 'asc' ? uuids.toReversed() : uuids;
    const last = after === undefined ? null : ids.parseFile(tenant, after).uuid;
    const rest = last === null ? ordered : ordered.filter((uuid) => (order === 'asc' ? uuid > last : uuid < last));
    const data: Shown[] = [];
    for (const uuid of rest) {
      if (data.length > limit) break;
      const record = await files.find(tenant, uuid);
      if (record !== null) data.push(describeFile(record, parts));
    }
    return context.json(describeList(data, limit));
  });

  routes.get('/:id', async (context) => {
    const found = await findFile(parts, context.get('caller').tenant, context.req.param('id'));
    return context.json(found.shown);
  });

  routes.get('/:id/content', (context) => sendContent(context, parts, context.req.param('id')));

  routes.delete('/:id', async (context) => {
    const { tenant } = context.get('caller');
    const id = context.req.param('id');
    const { kind, uuid } = ids.parseFile(tenant, id);
    if (kind !== 'file') {
      throw new OpenaiError(
        'bad_request',
        'file_of_batch',
        'This file is made of the results of its batch, which stay.',
      );
    }
    if ((await files.find(tenant, uuid)) === null) throw refuseFile(id);
    if (await batches.isInUse(tenant, uuid)) {
      const message = 'A batch that has not ended reads this file: cancel the batch, or delete the file later.';
      throw new OpenaiError('bad_request', 'file_in_use', message);
    }
    await files.remove(tenant, uuid);
    return context.json({ id, object: 'file', deleted: true });
  });
  return routes;
}

async function sendContent(context: Context<GatewayEnv>, parts: OpenaiParts, id: string): Promise<Response> {
  const { store, config, translator } = parts;
  const { limits } = config;
  const { signal } = context.req.raw;
  const found = await findFile(parts, context.get('caller').tenant, id);
  if (found.kind === 'stored') {
    return sendStream(context, store.read(found.uri, { signal }), { contentType, bytes: found.bytes, limits });
  }
  const { translate } = makeTranslation(translator, found.batch.record, 'openai');
  const { results, folder, output: kind } = found;
  const lines = readOutput(store, { results, folder, kind, translate }, signal);
  return sendStream(context, lines, { contentType, bytes: null, limits });
}

function makeRecord(
  { filename, bytes, lines, fields }: Upload,
  { tenant, uuid, createdAt }: Pick<FileRecord, 'tenant' | 'uuid' | 'createdAt'>,
): FileRecord {
  const purpose = fields.get('purpose');
  if (purpose === undefined) throw refuseMissing('purpose');
  if (purpose !== 'batch') throw refuseValue('purpose', 'files are for batches here, so it must be `batch`.');
  if (!filename.endsWith('.jsonl') || filename.length > filenameCharsMax) {
    throw new OpenaiError(
      'bad_request',
      'invalid_file_format',
      'Invalid file format for Batch API. Must be .jsonl',
      'file',
    );
  }
  const anchor = fields.get('expires_after[anchor]');
  const seconds = fields.get('expires_after[seconds]');
  if (anchor !== undefined && seconds === undefined) throw refuseMissing('expires_after.seconds');
  if (anchor !== undefined && anchor !== 'created_at') throw refuseValue('expires_after.anchor', 'must be created_at.');
  const parsed = seconds === undefined ? null : expiry.safeParse(seconds);
  if (parsed?.success === false) throw refuseValue('expires_after', 'must be 3600 to 2592000 seconds.');
  const expiresAt = parsed === null ? null : createdAt + parsed.data * 1000;
  return { version: 1, uuid, tenant, filename, bytes, purpose, createdAt, expiresAt, lines };
}

const describeFile = (
  { tenant, uuid, bytes, createdAt, expiresAt, filename, purpose }: FileRecord,
  { ids }: Pick<OpenaiParts, 'ids'>,
): Shown => ({
  id: ids.formatFile(tenant, 'file', uuid),
  object: 'file',
  bytes,
  created_at: toSeconds(createdAt),
  ...(expiresAt === null ? {} : { expires_at: toSeconds(expiresAt) }),
  filename,
  purpose,
  status: 'processed',
  status_details: null,
});

/** One more than the limit shows that there are more. */
export function describeList(data: readonly Shown[], limit: number): Shown {
  const page = data.slice(0, limit);
  return {
    object: 'list',
    data: [...page],
    first_id: page[0]?.id ?? null,
    last_id: page.at(-1)?.id ?? null,
    has_more: data.length > limit,
  };
}

type FoundFile =
  | { readonly kind: 'stored'; readonly uri: string; readonly bytes: number; readonly shown: Shown }
  | {
      readonly kind: 'made';
      readonly batch: Batch;
      readonly output: 'output' | 'errors';
      /** Null if nothing was sent. */
      readonly results: string | null;
      /** The folder of the job. */
      readonly folder: string;
      readonly shown: Shown;
    };

async function findFile(parts: OpenaiParts, tenant: string | null, id: string): Promise<FoundFile> {
  const { ids, files, places, batches, store } = parts;
  const { kind, uuid } = ids.parseFile(tenant, id);
  if (kind === 'file') {
    const record = await files.find(tenant, uuid);
    if (record === null) throw refuseFile(id);
    const uri = places.fileContent(tenant, uuid);
    return { kind: 'stored', uri, bytes: record.bytes, shown: describeFile(record, parts) };
  }
  const batch = await batches.retrieve(tenant, uuid);
  if (batch === null || (kind !== 'input' && !hasOutput(batch.state, kind))) throw refuseFile(id);
  const folder = places.output(tenant, uuid);
  const refused = `${folder}${fileNames.rejects}`;
  const stored = await store.head(kind === 'input' ? batch.record.lines : (batch.state.results ?? refused));
  if (stored === null) throw refuseFile(id);
  const shown: Shown = {
    id,
    object: 'file',
    // Those of what it is made of: its own are known only when it is read.
    bytes: stored.bytes,
    created_at: toSeconds(batch.state.endedAt ?? batch.record.createdAt),
    filename: `${ids.formatBatch(tenant, uuid)}_${kind}.jsonl`,
    purpose: kind === 'input' ? 'batch' : 'batch_output',
    status: 'processed',
    status_details: null,
  };
  if (kind === 'input') return { kind: 'stored', uri: stored.uri, bytes: stored.bytes, shown };
  return { kind: 'made', batch, output: kind, results: batch.state.results, folder, shown };
}
