// Gemini's resumable upload: a call that begins it, and calls that each bring a piece. The pieces go directly to the disk.
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { bodySignal, type Call, type Handler } from '../server/call.ts';
import { asObject, asText, parseObject } from '../server/json.ts';
import { json, type Reply, refuse } from '../server/reply.ts';
import { newId, type OpenUpload, type StoredFile, type World } from '../world/world.ts';
import { fileObject } from './files.ts';

const inputTtlMs = 48 * 3_600_000;
// The vendor's limit for one file.
const fileBytesMax = 2 * 1024 ** 3;
const bodyBytesMax = 64 * 1024;

export const uploadGeminiFile: Handler = (world, call) => {
  const command = readHeader(call, 'command');
  if (command.includes('start')) return begin(world, call);
  return takePiece(world, call, command);
};

const readHeader = ({ request }: Call, name: string): string => String(request.headers[`x-goog-upload-${name}`] ?? '');

async function begin(world: World, call: Call): Promise<Reply> {
  if (readHeader(call, 'protocol') !== 'resumable') throw refuse(400, 'Only the resumable protocol is offered.');
  const filename = await readDisplayName(call);
  if (Number(readHeader(call, 'header-content-length')) > fileBytesMax) throw refuse(400, 'The file is too large.');
  call.mentions.push((text) => filename.includes(text));
  const id = newId(world, 'gfile-');
  const path = join(world.dataDir, `${id}.jsonl`);
  world.uploads.set(id, { id, tenant: call.tenant, filename, path, bytes: 0 });
  const url = `${call.origin}${call.path}?upload_id=${id}&upload_protocol=resumable`;
  return { ...json({}), headers: { 'x-goog-upload-url': url, 'x-goog-upload-status': 'active' } };
}

async function readDisplayName({ request }: Call): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= bodyBytesMax) chunks.push(chunk);
  }
  const { displayName, display_name } = asObject(parseObject(Buffer.concat(chunks).toString('utf8'))?.file);
  return asText(displayName ?? display_name);
}

async function takePiece(world: World, call: Call, command: string): Promise<Reply> {
  const upload = world.uploads.get(call.query.get('upload_id') ?? '');
  if (upload === undefined || upload.tenant !== call.tenant) throw refuse(404, 'There is no such upload.');
  const offset = Number(readHeader(call, 'offset'));
  if (offset !== upload.bytes) {
    await bodySignal(call.request);
    throw refuse(400, `The upload continues at ${upload.bytes}.`);
  }
  const target = createWriteStream(upload.path, { flags: offset === 0 ? 'w' : 'r+', start: offset });
  await pipeline(call.request, target);
  upload.bytes += target.bytesWritten;
  if (!command.includes('finalize')) return { ...json({}), headers: { 'x-goog-upload-status': 'active' } };
  call.mentions.push((text) => upload.filename.includes(text) || upload.id.includes(text));
  await call.ready();
  world.uploads.delete(upload.id);
  const file = storeFile(world, upload);
  Object.assign(call.entry, { file: file.id, bytes: file.bytes });
  const reply = json({ file: fileObject(file) });
  return { ...reply, headers: { ...reply.headers, 'x-goog-upload-status': 'final' } };
}

function storeFile(world: World, { path, ...upload }: OpenUpload): StoredFile {
  const createdAtMs = world.clock.now();
  const ttlMs = world.options.current.retention.inputMs ?? inputTtlMs;
  const facts = { ...upload, purpose: 'gemini', createdAtMs, expiresAtMs: createdAtMs + ttlMs };
  const file: StoredFile = { ...facts, source: { kind: 'disk', path }, scans: new Map(), createsRefused: 0 };
  world.files.set(file.id, file);
  world.facts.record({ kind: 'file', ...facts });
  return file;
}
