// Takes a multipart upload directly into the store: memory does not grow with the file.

import type { IncomingMessage } from 'node:http';
import { Busboy, type BusboyFileStream } from '@fastify/busboy';
import type { Store } from '../../../storage/store.ts';
import type { LinesSummary } from '../batches/lines-tally.ts';
import type { GatewayLimits } from '../config.ts';
import { checkLines } from './check-lines.ts';
import { OpenaiError, refuseMissing } from './openai-error.ts';

export interface Upload {
  readonly filename: string;
  readonly bytes: number;
  readonly lines: LinesSummary;
  readonly fields: ReadonlyMap<string, string>;
}

type UploadLimits = Pick<GatewayLimits, 'fileBytes' | 'linesPerBatch'>;

const bufferBytes = 1024 * 1024;
const fieldsMax = 20;
const fieldBytesMax = 4096;

/** The content is in the store when it resolves. If it rejects, a part of it may be there. */
export async function receiveUpload(
  request: IncomingMessage,
  { store, uri, limits }: { readonly store: Store; readonly uri: string; readonly limits: UploadLimits },
): Promise<Upload> {
  const contentType = request.headers['content-type'] ?? '';
  if (!/^multipart\/form-data\b/i.test(contentType)) {
    throw new OpenaiError('bad_request', 'invalid_content_type', 'The body must be multipart/form-data.');
  }
  const form = new Form(request, contentType, (file) => storeLines(file, { store, uri, limits }));
  return form.read();
}

type Stored = Pick<Upload, 'bytes' | 'lines'>;

class Form {
  readonly #request: IncomingMessage;
  readonly #busboy: InstanceType<typeof Busboy>;
  readonly #fields = new Map<string, string>();
  readonly #ended = Promise.withResolvers<void>();
  #file: BusboyFileStream | null = null;
  #filename = '';
  #storing: Promise<Stored> | null = null;

  constructor(request: IncomingMessage, contentType: string, store: (file: BusboyFileStream) => Promise<Stored>) {
    this.#request = request;
    this.#busboy = new Busboy({
      headers: { ...request.headers, 'content-type': contentType },
      limits: { files: 1, fields: fieldsMax, fieldSize: fieldBytesMax },
      fileHwm: bufferBytes,
    });
    this.#busboy.on('field', (field, value) => void this.#fields.set(field, value));
    this.#busboy.on('file', (field, file, filename) => {
      if (field !== 'file') return void file.resume();
      this.#file = file;
      this.#filename = filename;
      // Its reader learns of it too, if it has begun by then.
      file.on('error', () => undefined);
      this.#storing = store(file);
      this.#storing.catch(this.#ended.reject);
    });
    this.#busboy.once('finish', this.#ended.resolve);
    this.#busboy.once('error', () => this.#ended.reject(refuseForm()));
    request.once('close', () => {
      // A request that was read to its end closes too.
      if (!request.complete) this.#ended.reject(refuseForm());
    });
  }

  async read(): Promise<Upload> {
    this.#request.pipe(this.#busboy);
    try {
      await this.#ended.promise;
    } catch (error) {
      // The request itself is left open, so that the caller gets an answer.
      this.#request.unpipe(this.#busboy);
      this.#file?.destroy(refuseForm());
      await this.#storing?.catch(() => undefined);
      throw error;
    }
    const stored = await this.#storing;
    if (stored === null) throw refuseMissing('file');
    return { ...stored, filename: this.#filename, fields: this.#fields };
  }
}

const refuseForm = (): OpenaiError =>
  new OpenaiError('bad_request', 'invalid_multipart_form', 'Could not parse multipart form.');

async function storeLines(
  file: BusboyFileStream,
  { store, uri, limits }: { readonly store: Store; readonly uri: string; readonly limits: UploadLimits },
): Promise<Stored> {
  const sink = await store.create(uri, { ifAbsent: true });
  let bytes = 0;
  async function* copyToStore(): AsyncGenerator<Uint8Array> {
    for await (const chunk of file as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limits.fileBytes) {
        throw new OpenaiError(
          'too_large',
          'file_too_large',
          `The file has more than ${limits.fileBytes} bytes.`,
          'file',
        );
      }
      await sink.write(chunk);
      yield chunk;
    }
  }
  try {
    const lines = await checkLines(copyToStore(), { linesMax: limits.linesPerBatch });
    await sink.close();
    return { bytes, lines };
  } catch (error) {
    await sink.abort();
    throw error;
  }
}
