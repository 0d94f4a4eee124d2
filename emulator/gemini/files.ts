// Gemini's Files API without the upload: descriptions and deletion of uploads, and the download of results.
import { resultBytes, resultChunks } from '../answers/results.ts';
import type { Call, Handler } from '../server/call.ts';
import { json, refuse, stream } from '../server/reply.ts';
import { isoTime } from '../world/clock.ts';
import { findForeign, foreignBytes, foreignChunks } from '../world/foreign.ts';
import { isGrowing, isVanished } from '../world/visibility.ts';
import type { StoredFile, World } from '../world/world.ts';
import { pageOf } from './page.ts';
import { foreignLine, resultWriter } from './result-lines.ts';

/** The names of output files are longer: the vendor refuses to describe or delete its own. */
const nameMax = 40;

export const listGeminiFiles: Handler = (world, call) => {
  const files = [...world.files.values()].filter((file) => isVisible(world, call, file) && file.source.kind === 'disk');
  const { page, nextPageToken } = pageOf(files, call.query, {
    fallback: 10,
    max: world.options.current.list.pageMax ?? 100,
  });
  return json({ files: page.map(fileObject), ...nextPageToken });
};

export const retrieveGeminiFile: Handler = (world, call) => {
  checkName(call.id, 'Get');
  return json(fileObject(findFile(world, call)));
};

export const deleteGeminiFile: Handler = (world, call) => {
  checkName(call.id, 'Delete');
  const { id } = findFile(world, call);
  // The bytes stay until the emulator closes: batches made from the file continue to read them.
  world.files.delete(id);
  world.facts.record({ kind: 'file_deleted', id });
  return json({});
};

function checkName(id: string, verb: string): void {
  if (id.length <= nameMax) return;
  throw refuse(
    400,
    `* ${verb}FileRequest.name: File ID (name excluding 'files/') cannot be more than ${nameMax} characters.`,
  );
}

export const geminiContent: Handler = (world, call) => {
  const { source } = findFile(world, call);
  call.entry.file = call.id;
  const type = 'application/octet-stream';
  if (source.kind === 'foreign') {
    const chunks = () => foreignChunks(source.foreign, foreignLine);
    return stream(type, chunks, () => foreignBytes(chunks()));
  }
  if (source.kind === 'disk') throw refuse(400, 'Only generated files can be downloaded.');
  const { batch } = source;
  if (batch.downloadsRefused < (batch.fault.outputNotFoundFor ?? 0)) {
    batch.downloadsRefused += 1;
    throw refuse(404, 'The file was not found.');
  }
  const extent = isGrowing(batch, world.clock.now()) ? 'first half' : 'all';
  const write = resultWriter(batch);
  return stream(
    type,
    () => resultChunks(batch, write, extent),
    () => resultBytes(batch, write, extent),
  );
};

const foreignPrefix = 'batch-';

/** Of a file that is not the caller's, the vendor does not say whether it exists. */
export function findFile(world: World, call: Call, id = call.id): StoredFile {
  const file = world.files.get(id) ?? findForeignFile(world, call, id);
  if (file === undefined || !isVisible(world, call, file)) {
    throw refuse(403, `You do not have permission to access the File ${id} or it may not exist.`);
  }
  return file;
}

function findForeignFile(world: World, call: Call, id: string): StoredFile | undefined {
  const foreign = id.startsWith(foreignPrefix) ? findForeign(world, call, id.slice(foreignPrefix.length)) : undefined;
  if (foreign === undefined || foreign.endedAtMs === null || foreign.cancelled) return undefined;
  return {
    id,
    tenant: call.tenant,
    filename: id,
    purpose: '',
    bytes: null,
    createdAtMs: foreign.endedAtMs,
    expiresAtMs: Number.POSITIVE_INFINITY,
    source: { kind: 'foreign', foreign },
    scans: new Map(),
    createsRefused: 0,
  };
}

function isVisible(world: World, { tenant, route }: Call, file: StoredFile): boolean {
  const nowMs = world.clock.now();
  const { source } = file;
  if (file.tenant !== tenant || nowMs >= file.expiresAtMs) return false;
  if (source.kind === 'disk') return file.purpose === route.vendor;
  if (source.kind === 'foreign') return true;
  const isOwn = source.batch.vendor === route.vendor && !source.batch.deleted;
  return isOwn && nowMs >= file.createdAtMs && !isVanished(world, source.batch);
}

export const fileObject = ({ id, filename, bytes, createdAtMs, expiresAtMs }: StoredFile) => ({
  name: `files/${id}`,
  displayName: filename,
  mimeType: 'application/jsonl',
  sizeBytes: String(bytes ?? 0),
  createTime: isoTime(createdAtMs),
  updateTime: isoTime(createdAtMs),
  expirationTime: isoTime(expiresAtMs),
  uri: `https://generativelanguage.googleapis.com/v1beta/files/${id}`,
  state: 'ACTIVE',
  source: 'UPLOADED',
});
