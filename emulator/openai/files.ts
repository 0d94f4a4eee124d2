// The Files API: uploads, listings and downloads of inputs and of batch results.
import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { resultBytes, resultChunks } from '../answers/results.ts';
import type { Call, Handler } from '../server/call.ts';
import { json, type Reply, refuse, stream } from '../server/reply.ts';
import { seconds } from '../world/clock.ts';
import { newId, type StoredFile, type World } from '../world/world.ts';
import { pageAfter } from './page.ts';
import { resultWriter } from './result-lines.ts';
import { receiveUpload, type Upload } from './upload.ts';

const inputTtlMs = 30 * 86_400_000;
const readBytes = 262_144;

export const createFile: Handler = async (world, call) => {
  const id = newId(world, 'file-');
  const path = join(world.dataDir, `${id}.jsonl`);
  const upload = await receiveUpload(call.request, path);
  const filename = checkedName(upload, path);
  call.mentions.push((text) => filename.includes(text) || id.includes(text));
  await call.ready();
  const createdAtMs = world.clock.now();
  const file: StoredFile = {
    id,
    tenant: call.tenant,
    filename,
    purpose: upload.fields.get('purpose') ?? '',
    bytes: upload.bytes,
    createdAtMs,
    expiresAtMs: createdAtMs + readTtl(world, upload),
    source: { kind: 'disk', path },
    scans: new Map(),
    createsRefused: 0,
  };
  world.files.set(id, file);
  Object.assign(call.entry, { file: id, bytes: file.bytes });
  return json(fileObject(file));
};

function checkedName({ filename, fields }: Upload, path: string): string {
  const fail = (message: string, param: string) => {
    rmSync(path, { force: true });
    return refuse(400, message, { param });
  };
  if (filename === null) throw fail("'file' is a required property", 'file');
  if (!fields.has('purpose')) throw fail("'purpose' is a required property", 'purpose');
  if (fields.get('purpose') === 'batch' && !filename.endsWith('.jsonl')) {
    throw fail('Invalid file format for Batch API. Must be .jsonl', 'file');
  }
  return filename;
}

function readTtl(world: World, { fields }: Upload): number {
  const asked = Number(fields.get('expires_after[seconds]') ?? Number.NaN);
  return world.options.current.retention.inputMs ?? (Number.isFinite(asked) ? asked * 1000 : inputTtlMs);
}

export const listFiles: Handler = (world, call) => {
  const purpose = call.query.get('purpose');
  const order = call.query.get('order') === 'asc' ? 1 : -1;
  const files = [...world.files.values()]
    .filter((file) => isVisible(world, call, file) && (purpose === null || file.purpose === purpose))
    .sort((a, b) => order * (a.createdAtMs - b.createdAtMs));
  return json(pageAfter(files.map(fileObject), call.query, { fallback: 10_000, max: 10_000 }));
};

export const retrieveFile: Handler = (world, call) => json(fileObject(findFile(world, call, call.id)));

export const deleteFile: Handler = (world, call) => {
  const { id } = findFile(world, call, call.id);
  // The bytes stay until the emulator closes: batches made from the file continue to read them, as at the vendor.
  world.files.delete(id);
  return json({ id, object: 'file', deleted: true });
};

export const fileContent: Handler = (world, call) => {
  const file = findFile(world, call, call.id);
  call.entry.file = file.id;
  if (file.source.kind === 'disk') {
    const { path } = file.source;
    return stream(
      'application/octet-stream',
      () => diskChunks(path),
      () => file.bytes ?? 0,
    );
  }
  return resultContent(file.source);
};

function resultContent({ batch, part }: Extract<StoredFile['source'], { kind: 'result' }>): Reply {
  if (batch.downloadsRefused < (batch.fault.outputNotFoundFor ?? 0)) {
    batch.downloadsRefused += 1;
    throw refuse(404, 'No such File object.', { param: 'id' });
  }
  const write = resultWriter(batch, part);
  return stream(
    'application/octet-stream',
    () => resultChunks(batch, write),
    () => resultBytes(batch, write),
  );
}

function* diskChunks(path: string): Generator<Buffer> {
  const descriptor = openSync(path, 'r');
  try {
    while (true) {
      const buffer = Buffer.allocUnsafe(readBytes);
      const bytes = readSync(descriptor, buffer);
      if (bytes === 0) return;
      yield buffer.subarray(0, bytes);
    }
  } finally {
    closeSync(descriptor);
  }
}

function findFile(world: World, call: Call, id: string): StoredFile {
  const file = world.files.get(id);
  if (file === undefined || !isVisible(world, call, file)) {
    throw refuse(404, `No such File object: ${id}`, { param: 'id' });
  }
  return file;
}

function isVisible({ clock }: World, { tenant }: Call, file: StoredFile): boolean {
  return file.tenant === tenant && clock.now() < file.expiresAtMs;
}

function fileObject(file: StoredFile) {
  const { id, filename, purpose, source } = file;
  file.bytes ??= source.kind === 'result' ? resultBytes(source.batch, resultWriter(source.batch, source.part)) : 0;
  return {
    id,
    object: 'file',
    bytes: file.bytes,
    created_at: seconds(file.createdAtMs),
    expires_at: seconds(file.expiresAtMs),
    filename,
    purpose,
    status: 'processed',
    status_details: null,
  };
}
