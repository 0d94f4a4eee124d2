// The Files API: uploads, listings and downloads of inputs and of batch results.
import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Extent, resultBytes, resultChunks } from '../answers/results.ts';
import type { Call, Handler } from '../server/call.ts';
import { json, type Reply, refuse, stream } from '../server/reply.ts';
import { seconds } from '../world/clock.ts';
import { findForeign, foreignBytes, foreignChunks } from '../world/foreign.ts';
import { isGrowing, isVanished } from '../world/visibility.ts';
import { newId, type StoredFile, type World } from '../world/world.ts';
import { foreignFileId } from './batch-object.ts';
import { refuseWhileHidden } from './output-lines.ts';
import { listQuery, pageAfter } from './page.ts';
import { foreignLine, resultWriter } from './result-lines.ts';
import { receiveUpload, type Upload } from './upload.ts';

const inputTtlMs = 30 * 86_400_000;
const never = Number.MAX_SAFE_INTEGER;
const readBytes = 262_144;

export const createFile: Handler = async (world, call) => {
  const id = newId(world, 'file-');
  const path = join(world.dataDir, `${id}.jsonl`);
  const upload = await receiveUpload(call.request, path);
  const filename = checkedName(upload, path, call.flavour?.purpose !== '');
  call.mentions.push((text) => filename.includes(text) || id.includes(text));
  await call.ready();
  checkStorage(world, call);
  const purpose = upload.fields.get('purpose') ?? '';
  const ttlMs = readTtl(world, call, upload);
  const expiresAtMs = ttlMs === null ? never : world.clock.now() + ttlMs;
  const file = addFile(world, call, { id, filename, purpose, bytes: upload.bytes, expiresAtMs }, path);
  return json(fileObject(world, file));
};

/** The text is ours: no vendor publishes its own. */
export function checkStorage(world: World, call: Call): void {
  const { files = Number.POSITIVE_INFINITY } = world.options.current.limits;
  const stored = [...world.files.values()].filter((file) => isVisible(world, call, file)).length;
  if (stored >= files) throw refuse(400, `The storage limit of ${files} files is exceeded.`);
}

type NewFile = Pick<StoredFile, 'id' | 'filename' | 'purpose' | 'expiresAtMs'> & { bytes: number };

export function addFile(world: World, call: Call, made: NewFile, path: string): StoredFile {
  const kept = {
    ...made,
    tenant: call.tenant,
    createdAtMs: world.clock.now(),
    ...(call.flavour?.bareLines === true ? { bare: true } : {}),
    ...(call.flavour !== null && !call.path.includes('/v1/') ? { unversioned: true } : {}),
  };
  const file: StoredFile = { ...kept, source: { kind: 'disk', path }, scans: new Map(), createsRefused: 0 };
  world.files.set(file.id, file);
  world.facts.record({ kind: 'file', ...kept });
  Object.assign(call.entry, { file: file.id, bytes: file.bytes });
  return file;
}

function checkedName({ filename, fields }: Upload, path: string, hasPurpose: boolean): string {
  const fail = (message: string, param: string) => {
    rmSync(path, { force: true });
    return refuse(400, message, { param });
  };
  if (filename === null) throw fail("'file' is a required property", 'file');
  if (hasPurpose && !fields.has('purpose')) throw fail("'purpose' is a required property", 'purpose');
  if (fields.get('purpose') === 'batch' && !filename.endsWith('.jsonl')) {
    throw fail('Invalid file format for Batch API. Must be .jsonl', 'file');
  }
  return filename;
}

function readTtl(world: World, { flavour }: Call, { fields }: Upload): number | null {
  const { inputMs } = world.options.current.retention;
  if (inputMs !== undefined) return inputMs;
  if (flavour?.uploadTtlMs !== undefined) return flavour.uploadTtlMs(fields);
  return readAsked(fields, 'expires_after[seconds]', 1000) ?? inputTtlMs;
}

/** Null if the field is missing or is not a number. */
export function readAsked(fields: ReadonlyMap<string, string>, name: string, unitMs: number): number | null {
  const asked = Number(fields.get(name) ?? Number.NaN);
  return Number.isFinite(asked) ? asked * unitMs : null;
}

export const listFiles: Handler = (world, call) =>
  json(pageAfter(describeFiles(world, call), listQuery(world, call), { fallback: 10_000, max: 10_000 }));

export function describeFiles(world: World, call: Call) {
  const purpose = call.query.get('purpose');
  const order = call.query.get('order') === 'asc' ? 1 : -1;
  return [...world.files.values()]
    .filter((file) => isVisible(world, call, file) && (purpose === null || file.purpose === purpose))
    .sort((a, b) => order * (a.createdAtMs - b.createdAtMs))
    .map((file) => fileObject(world, file));
}

export const retrieveFile: Handler = (world, call) => json(fileObject(world, findFile(world, call, call.id)));

export const deleteFile: Handler = (world, call) => {
  const { id } = findFile(world, call, call.id);
  // The bytes stay until the emulator closes: batches made from the file continue to read them, as at the vendor.
  world.files.delete(id);
  world.facts.record({ kind: 'file_deleted', id });
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
  if (file.source.kind === 'result') return resultContent(world, file, file.source);
  const { foreign } = file.source;
  const chunks = () => foreignChunks(foreign, foreignLine);
  return stream('application/octet-stream', chunks, () => foreignBytes(chunks()));
};

type ResultSource = Extract<StoredFile['source'], { kind: 'result' }>;

function resultContent(world: World, file: StoredFile, source: ResultSource): Reply {
  const { batch, part } = source;
  refuseWhileHidden(batch);
  const write = resultWriter(batch, part);
  const extent = readExtent(world, source);
  const { bytes } = file;
  if (extent === 'all' && bytes !== null) {
    return stream(
      'application/octet-stream',
      () => diskChunks(resultPath(world, file)),
      () => bytes,
    );
  }
  return stream(
    'application/octet-stream',
    () => resultChunks(batch, write, extent),
    () => resultBytes(batch, write, extent),
  );
}

function readExtent({ clock }: World, { batch, part }: ResultSource): Extent {
  return part === 'output' && isGrowing(batch, clock.now()) ? 'first half' : 'all';
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
  const file = world.files.get(id) ?? findForeignFile(world, call, id);
  if (file === undefined || !isVisible(world, call, file)) {
    throw refuse(404, `No such File object: ${id}`, { param: 'id' });
  }
  return file;
}

function findForeignFile(world: World, call: Call, id: string): StoredFile | undefined {
  const foreign = findForeign(world, call, id.slice(foreignFileId('').length));
  if (foreign === undefined || foreignFileId(foreign.id) !== id || foreign.endedAtMs === null) return undefined;
  return {
    id,
    tenant: call.tenant,
    filename: `${foreign.id}_output.jsonl`,
    purpose: 'batch_output',
    bytes: foreignBytes(foreignChunks(foreign, foreignLine)),
    createdAtMs: foreign.endedAtMs,
    expiresAtMs: foreign.endedAtMs + inputTtlMs,
    source: { kind: 'foreign', foreign },
    scans: new Map(),
    createsRefused: 0,
  };
}

function isVisible(world: World, { tenant }: Call, file: StoredFile): boolean {
  const nowMs = world.clock.now();
  if (file.tenant !== tenant || nowMs >= file.expiresAtMs) return false;
  const { source } = file;
  return source.kind !== 'result' || (nowMs >= file.createdAtMs && !isVanished(world, source.batch));
}

function fileObject(world: World, file: StoredFile) {
  const { id, filename, purpose } = file;
  return {
    id,
    object: 'file',
    bytes: world.options.current.fileBytesNull ? null : readSize(world, file),
    created_at: seconds(file.createdAtMs),
    expires_at: file.expiresAtMs === never ? null : seconds(file.expiresAtMs),
    filename,
    purpose,
    status: 'processed',
    status_details: null,
  };
}

function readSize(world: World, file: StoredFile): number {
  const { source } = file;
  if (source.kind !== 'result') return file.bytes ?? 0;
  const write = resultWriter(source.batch, source.part);
  const extent = readExtent(world, source);
  if (extent !== 'all') return resultBytes(source.batch, write, extent);
  file.bytes ??= storeChunks(resultPath(world, file), resultChunks(source.batch, write, extent));
  return file.bytes;
}

const resultPath = ({ dataDir }: World, { id }: StoredFile): string => join(dataDir, `${id}.jsonl`);

/** Producing a result for its size and again for its download would double the work. */
function storeChunks(path: string, chunks: Iterable<Buffer>): number {
  const descriptor = openSync(path, 'w');
  let bytes = 0;
  try {
    for (const chunk of chunks) {
      writeSync(descriptor, chunk);
      bytes += chunk.length;
    }
  } finally {
    closeSync(descriptor);
  }
  return bytes;
}
