// Sends a reply with the faults that are set for it: slow headers, gzip, stalls, cuts and body barriers.
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Barrier } from '../faults/barriers.ts';
import type { BodyCut, Options } from '../faults/options.ts';
import type { World } from '../world/world.ts';
import type { Call } from './call.ts';
import type { Chunks, Reply } from './reply.ts';

const downloads = [
  'openai.files.content',
  'anthropic.batches.results',
  'gemini.files.content',
  'gemini.files.download',
];

interface Cut {
  afterBytes: number;
  act: 'end' | 'destroy' | 'stall' | Barrier;
}

export async function send(
  world: World,
  call: Call,
  reply: Reply,
  response: ServerResponse,
  barrier?: Barrier,
): Promise<void> {
  const options = world.options.current;
  if (options.slowHeadersMs > 0) await delay(options.slowHeadersMs);
  const cut = barrier === undefined ? plannedCut(world, call) : { afterBytes: barrier.afterBytes, act: barrier };
  const { chunks, headers } = encoded(reply, options, call, cut);
  response.writeHead(reply.status, { ...reply.headers, ...headers });
  if (cut === null) {
    await writeAll(response, chunks);
  } else {
    await writeCut(response, chunks, cut);
  }
}

function plannedCut(world: World, { route }: Call): Cut | null {
  const { stallBody, truncateBody } = world.options.current;
  if (
    stallBody !== undefined &&
    named(stallBody.route, route.name) &&
    world.options.take('stallBody', stallBody.times)
  ) {
    return { afterBytes: stallBody.afterBytes, act: 'stall' };
  }
  const cuts = Array.isArray(truncateBody) ? truncateBody : truncateBody === undefined ? [] : [truncateBody];
  const cut = cuts.find((one, at) => isFor(one, route.name) && world.options.take(`truncateBody/${at}`, one.times));
  return cut === undefined ? null : { afterBytes: cut.afterBytes, act: cut.withLength ? 'destroy' : 'end' };
}

const isFor = ({ route }: BodyCut, name: string): boolean =>
  route === undefined ? downloads.includes(name) : named(route, name);

export const named = (pattern: string, name: string): boolean => pattern === '*' || pattern === name;

function encoded(reply: Reply, { gzip, contentLength }: Options, { request }: Call, cut: Cut | null) {
  const { body } = reply;
  const chunks: Chunks = body.kind === 'text' ? [Buffer.from(body.text, 'utf8')] : body.chunks();
  if (gzip && String(request.headers['accept-encoding']).includes('gzip')) {
    return { chunks: zipped(chunks), headers: { 'content-encoding': 'gzip' } };
  }
  const whole = contentLength === 'all' || (contentLength === 'texts' && body.kind === 'text');
  const lengthKnown = cut === null ? whole : cut.act === 'destroy';
  if (!lengthKnown) return { chunks, headers: {} };
  const length = body.kind === 'text' ? Buffer.byteLength(body.text) : body.length();
  return { chunks, headers: { 'content-length': String(length) } };
}

/** One gzip member per chunk: legal, and it streams without another moving part. */
function* zipped(chunks: Chunks): Generator<Uint8Array> {
  for (const chunk of chunks) yield gzipSync(chunk, { level: 1 });
}

async function writeAll(response: ServerResponse, chunks: Chunks): Promise<void> {
  for (const chunk of chunks) if (!(await written(response, chunk))) return;
  response.end();
}

async function writeCut(response: ServerResponse, chunks: Chunks, { afterBytes, act }: Cut): Promise<void> {
  let left = afterBytes;
  let passed = false;
  for (const chunk of chunks) {
    if (passed || chunk.length < left) {
      left -= chunk.length;
      if (!(await written(response, chunk))) return;
      continue;
    }
    if (left > 0 && !(await written(response, chunk.subarray(0, left)))) return;
    if (!(await atCut(response, act))) return;
    passed = true;
    await written(response, chunk.subarray(left));
  }
  if (!passed && !(await atCut(response, act))) return;
  response.end();
}

/** True if the rest of the body may follow. */
async function atCut(response: ServerResponse, act: Cut['act']): Promise<boolean> {
  response.flushHeaders();
  if (act === 'end') {
    response.end();
  } else if (act === 'destroy') {
    await flushedThenDestroyed(response);
  } else if (act === 'stall') {
    await closed(response);
  } else {
    return act.hold(response);
  }
  return false;
}

/** Long enough for the bytes before the cut to leave the kernel; a reset may discard them otherwise. */
async function flushedThenDestroyed(response: ServerResponse): Promise<void> {
  await delay(20);
  response.destroy();
}

export function closed(response: ServerResponse): Promise<void> {
  if (response.destroyed || response.socket?.destroyed !== false) return Promise.resolve();
  return new Promise((resolve) => response.once('close', resolve));
}

async function written(response: ServerResponse, chunk: Uint8Array): Promise<boolean> {
  if (response.destroyed || response.socket?.destroyed !== false) return false;
  if (response.write(chunk)) return true;
  await new Promise<void>((resolve) => {
    const go = () => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.once('drain', go).once('close', go);
  });
  return !response.destroyed;
}
