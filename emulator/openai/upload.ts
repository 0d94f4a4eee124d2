// Receives a multipart upload directly onto the disk, so that memory does not grow with the file.
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Busboy, type BusboyFileStream } from '@fastify/busboy';
import { refuse } from '../server/reply.ts';

// The vendor's limit for one file of any purpose.
const fileBytesMax = 512 * 1024 * 1024;
const bufferBytes = 1024 * 1024;

export interface Upload {
  fields: Map<string, string>;
  filename: string | null;
  bytes: number;
}

type BusboyInstance = InstanceType<typeof Busboy>;
type Progress = Upload & { writing: Promise<void> | null; tooLarge: boolean };

export async function receiveUpload(request: IncomingMessage, path: string): Promise<Upload> {
  const upload: Progress = { fields: new Map(), filename: null, bytes: 0, writing: null, tooLarge: false };
  try {
    await pipeline(request, parser(request, upload, path));
    await upload.writing;
  } catch (error) {
    await rm(path, { force: true });
    throw request.destroyed ? error : refuse(400, 'Could not parse multipart form');
  }
  if (upload.tooLarge) throw refuse(413, 'Maximum content size limit exceeded.');
  return upload;
}

function parser({ headers }: IncomingMessage, upload: Progress, path: string): BusboyInstance {
  const contentType = headers['content-type'] ?? '';
  const limits = { fileSize: fileBytesMax, files: 1 };
  const busboy = new Busboy({ headers: { ...headers, 'content-type': contentType }, limits, fileHwm: bufferBytes });
  busboy.on('field', (name, value) => void upload.fields.set(name, value));
  busboy.on('file', (_name, file, filename) => {
    upload.filename = filename;
    upload.writing = store(file, upload, path);
    // Awaited after the parser ends; marked as handled, so that a broken upload cannot crash the process first.
    upload.writing.catch(() => {});
  });
  return busboy;
}

async function store(file: BusboyFileStream, upload: Progress, path: string): Promise<void> {
  file.on('limit', () => {
    upload.tooLarge = true;
  });
  const target = createWriteStream(path, { highWaterMark: bufferBytes });
  await pipeline(file, target);
  upload.bytes = target.bytesWritten;
}
