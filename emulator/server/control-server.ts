// The calls under /_control/, with which a test controls and inspects the emulator.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { type Barrier, barrierSchema } from '../faults/barriers.ts';
import { listItems, takeCounts } from '../world/counts.ts';
import { resetWorld } from '../world/world.ts';
import type { Stage } from './serve.ts';

const waitMsMax = 120_000;
const clockSchema = z.union([z.strictObject({ advanceMs: z.number() }), z.strictObject({ nowMs: z.number() })]);

interface Answer {
  status: number;
  value: unknown;
}
const ok = (value: unknown): Answer => ({ status: 200, value });

export async function serveControl(stage: Stage, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const text = await readBody(request);
  const { status, value } = await answer(stage, `${request.method} ${url.pathname}`, url, text).catch(badRequest);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function badRequest(error: unknown): Answer {
  const message =
    error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : String(error);
  return { status: 400, value: { error: message } };
}

async function answer(stage: Stage, call: string, url: URL, text: string): Promise<Answer> {
  const { world, journal } = stage;
  const body: unknown = text === '' ? {} : JSON.parse(text);
  if (call === 'GET /_control/options') return ok(world.options.current);
  if (call === 'PATCH /_control/options') return ok(patchOptions(stage, body));
  if (call === 'POST /_control/clock') return ok(setClock(stage, body));
  if (call === 'GET /_control/clock') return ok({ nowMs: world.clock.now() });
  if (call === 'GET /_control/counts') return ok(await takeCounts(world, journal));
  if (call === 'GET /_control/items') return ok(await listItems(world));
  if (call === 'GET /_control/requests') return ok(journal.list(url.searchParams.get('route')));
  if (call === 'POST /_control/reset') return ok(reset(stage));
  if (call === 'POST /_control/barriers') return ok(stage.barriers.add(barrierSchema.parse(body)).state());
  return barrierCall(stage, call, url);
}

async function barrierCall({ barriers }: Stage, call: string, url: URL): Promise<Answer> {
  const [, method, name = '', action] = /^(\w+) \/_control\/barriers\/([^/]+)(?:\/(\w+))?$/.exec(call) ?? [];
  const barrier: Barrier | undefined = barriers.get(decodeURIComponent(name));
  if (barrier === undefined) return { status: 404, value: { error: `there is nothing at ${call}` } };
  if (method === 'GET' && action === undefined) return ok(barrier.state());
  if (method === 'GET' && action === 'wait') {
    return ok(await barrier.waitHit(Math.min(waitMsMax, Number(url.searchParams.get('ms') ?? waitMsMax))));
  }
  if (method === 'POST' && action === 'release') {
    barrier.release();
    return ok(barrier.state());
  }
  return { status: 404, value: { error: `there is nothing at ${call}` } };
}

function patchOptions({ world }: Stage, body: unknown): unknown {
  const { clock, seed } = world.options.current;
  const patch = z.record(z.string(), z.unknown()).parse(body);
  if ('clock' in patch && patch.clock !== clock) throw new Error('the kind of clock is chosen at the start');
  if ('seed' in patch && patch.seed !== seed) throw new Error('the seed is chosen at the start');
  if ('list' in patch) world.foreign.clear();
  return world.options.patch(patch);
}

function setClock({ world: { clock, facts } }: Stage, body: unknown) {
  const change = clockSchema.parse(body);
  clock.set('nowMs' in change ? change.nowMs : clock.now() + change.advanceMs);
  facts.record({ kind: 'clock', aheadMs: clock.now() - Date.now() });
  return { nowMs: clock.now() };
}

function reset({ world, journal, barriers }: Stage) {
  barriers.clear();
  journal.clear();
  resetWorld(world);
  return {};
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
