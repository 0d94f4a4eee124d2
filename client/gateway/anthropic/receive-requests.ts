// Takes in the body of a new batch as it arrives: each request is checked and becomes a line in the store. Neither the body nor its requests
// are held.

import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { lineWriter } from '../../../storage/lines/json-lines.ts';
import type { Store } from '../../../storage/store.ts';
import type { Route } from '../batches/record.ts';
import { formatFlawed } from '../batches/refused-requests.ts';
import type { GatewayLimits } from '../config.ts';
import { GatewayError } from '../errors.ts';
import type { RequestChecker } from './check-request.ts';
import { RequestSplitter } from './split-requests.ts';

/** A job refuses longer rows. */
const requestBytesMax = 32 * 1024 * 1024;

const [lineFeed, carriageReturn, space] = [0x0a, 0x0d, 0x20];

interface Target {
  readonly store: Store;
  readonly uri: string;
  readonly limits: Pick<GatewayLimits, 'fileBytes' | 'linesPerBatch'>;
  readonly checker: RequestChecker;
}

export interface ReceivedRequests {
  readonly total: number;
  /** Null if none of them can run. */
  readonly route: Route | null;
  /** Of the requests. */
  readonly digest: string;
}

/** The lines are durable when it resolves. If it fails, there are none. */
export async function receiveRequests(request: IncomingMessage, target: Target): Promise<ReceivedRequests> {
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
    throw new GatewayError('bad_request', 'the body must not be compressed');
  }
  const writer = lineWriter(await target.store.create(target.uri, { ifAbsent: true }));
  try {
    const digest = await writeRequests(request, writer, target);
    const { total, route } = target.checker;
    if (total === 0) throw refuse('bad_request', 'must have at least 1 request');
    await writer.close();
    return { total, route, digest };
  } catch (error) {
    await writer.abort();
    throw request.errored === null ? error : new GatewayError('bad_request', 'the body was cut off');
  }
}

async function writeRequests(
  request: IncomingMessage,
  writer: ReturnType<typeof lineWriter>,
  { limits, checker }: Target,
): Promise<string> {
  const splitter = new RequestSplitter({ elementBytesMax: requestBytesMax });
  const hash = createHash('sha256');
  let bytes = 0;
  // If a request is refused, the rest is left unread: a connection that is cut would lose the answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limits.fileBytes) throw refuse('too_large', `the body has more than ${limits.fileBytes} bytes`);
    for (const element of splitter.push(chunk)) {
      if (checker.total >= limits.linesPerBatch) {
        throw refuse('bad_request', `has more than ${limits.linesPerBatch} requests`);
      }
      const { customId, flaw } = checker.check(element);
      const line = flaw === null ? toLine(element) : formatFlawed(customId, flaw, 'anthropic');
      hash.update(element).update('\n');
      const written = writer.write(line);
      if (written !== undefined) await written;
    }
  }
  splitter.end();
  return hash.digest('hex');
}

/** Within JSON, a line break can only be white space between two tokens. */
function toLine(element: Buffer): Buffer {
  if (!element.includes(lineFeed) && !element.includes(carriageReturn)) return element;
  return Buffer.from(element.map((byte) => (byte === lineFeed || byte === carriageReturn ? space : byte)));
}

const refuse = (code: 'bad_request' | 'too_large', message: string): GatewayError =>
  new GatewayError(code, `requests: ${message}`, { field: 'requests' });
