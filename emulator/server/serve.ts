// Every call takes these steps: find the route, check the key, apply call faults, wait at barriers, execute, reply or not.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Barriers } from '../faults/barriers.ts';
import { callFault, checkVersion, readSignature, readTenant } from '../faults/gate.ts';
import { failCall, meetOutage } from '../faults/outage.ts';
import { checkRate, finishSyncCall } from '../limits/sync-limits.ts';
import { findFlavour, reshapeReply } from '../openai/flavours.ts';
import { isoTime } from '../world/clock.ts';
import type { Journal } from '../world/journal.ts';
import { newId, type World } from '../world/world.ts';
import { bodySignal, type Call, type Flavour } from './call.ts';
import { handlers } from './handlers.ts';
import { parseObject } from './json.ts';
import { problemReply, Refused, type Reply, refuse } from './reply.ts';
import type { Vendor } from './routes.ts';
import { findRoute, type Route, vendorOfPath } from './routes.ts';
import { closed, named, send } from './send.ts';

const jsonBytesMax = 64 * 1024 * 1024;
const idHeaders: Partial<Record<Vendor, string>> = { anthropic: 'request-id', bedrock: 'x-amzn-requestid' };

export interface Stage {
  world: World;
  journal: Journal;
  barriers: Barriers;
}

/** The client left while its request was held: no reply is possible. */
class ClientGone extends Error {}

export async function serve(stage: Stage, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? '127.0.0.1'}`);
  const byHeader: Vendor = request.headers['anthropic-version'] === undefined ? 'openai' : 'anthropic';
  const vendor = vendorOfPath(url.pathname) ?? byHeader;
  const flavour = findFlavour(url.pathname);
  const path =
    flavour === null ? url.pathname : flavour.toPath(url.pathname.slice(flavour.prefix.length), url.searchParams);
  const found = findRoute(request.method ?? 'GET', path, vendor);
  if (found === null) return unknownRoute(stage.world, vendor, request, response);
  const call = newCall(stage, { ...found, url, flavour }, request, response);
  response.setHeader(idHeaders[call.route.vendor] ?? 'x-request-id', call.requestId);
  const outage = meetOutage(stage.world, call);
  if (outage !== null) return failCall(outage, call, response);
  try {
    const reply = reshapeReply(call, await answer(stage, call));
    const limits = finishSyncCall(stage.world, call, reply.status);
    for (const [name, value] of Object.entries(limits)) response.setHeader(name, value);
    await bodySignal(request);
    await holdAfter(stage, call, response);
    if (await loseReply(stage.world, call, response)) return;
    call.entry.status = reply.status;
    await send(stage.world, call, reply, response, stage.barriers.claim('body', call));
  } catch (error) {
    if (!(error instanceof ClientGone) && !request.destroyed) throw error;
  }
}

function newCall(
  { world, journal, barriers }: Stage,
  found: { route: Route; id: string; url: URL; flavour: Flavour | null },
  request: IncomingMessage,
  response: ServerResponse,
): Call {
  const { route, id, url, flavour } = found;
  const time = isoTime(world.clock.now());
  const call: Call = {
    route,
    id,
    flavour,
    path: url.pathname,
    query: url.searchParams,
    origin: url.origin,
    tenant: '',
    requestId: newId(world, 'req_'),
    request,
    body: {},
    entry: journal.add({ time, route: route.name, path: url.pathname, tenant: null, status: null }),
    mentions: [],
    async ready() {
      const barrier = barriers.claim('before', call);
      if (barrier !== undefined && !(await barrier.hold(response))) throw new ClientGone();
    },
  };
  return call;
}

async function answer({ world }: Stage, call: Call): Promise<Reply> {
  const { options } = world;
  const { route } = call;
  try {
    if (options.current.latencyMs > 0) await delay(options.current.latencyMs);
    if (route.body === 'json') await readBody(call);
    call.tenant = route.signed ? readSignature(call) : readTenant(world, call.request, route.vendor);
    call.entry.tenant = call.tenant;
    checkVersion(call);
    const fault = callFault(world, call);
    if (fault !== null) return faultReply(world, call, fault);
    checkRate(world, call);
    if (route.body !== 'stream') await call.ready();
    const handler = call.flavour?.handlers?.[route.name] ?? handlers[route.name];
    return await handler(world, call);
  } catch (error) {
    if (error instanceof Refused) {
      return problemReply(route.vendor, error.problem, call.requestId, options.current.errorBodyText);
    }
    throw error;
  }
}

function faultReply(world: World, call: Call, { problem, text }: NonNullable<ReturnType<typeof callFault>>): Reply {
  const reply = problemReply(call.route.vendor, problem, call.requestId, world.options.current.errorBodyText);
  return text === null ? reply : { ...reply, body: { kind: 'text', text } };
}

async function readBody(call: Call): Promise<void> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of call.request) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes <= jsonBytesMax) chunks.push(chunk);
  }
  if (bytes > jsonBytesMax) throw refuse(413, 'Request exceeds the maximum size');
  const text = Buffer.concat(chunks).toString('utf8');
  const body = text === '' ? {} : parseObject(text);
  if (body === null) throw refuse(400, 'We could not parse the JSON body of your request.');
  call.body = body;
  call.mentions.push((part) => text.includes(part));
}

async function holdAfter({ barriers }: Stage, call: Call, response: ServerResponse): Promise<void> {
  const barrier = barriers.claim('after', call);
  if (barrier !== undefined && !(await barrier.hold(response))) throw new ClientGone();
}

/** The call was executed; the client never learns of it. */
async function loseReply({ options }: World, { route, entry }: Call, response: ServerResponse): Promise<boolean> {
  const fault = options.current.loseReply;
  if (fault === undefined || !named(fault.route, route.name) || !options.take('loseReply', fault.times)) return false;
  if (fault.how === 'reset') {
    response.socket?.resetAndDestroy();
  } else if (fault.how === 'timeout') {
    await closed(response);
  } else {
    entry.status = 502;
    response.writeHead(502, { 'content-type': 'text/html' }).end('<html><body>502 Bad Gateway</body></html>');
  }
  return true;
}

async function unknownRoute(
  world: World,
  vendor: Vendor,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await bodySignal(request);
  const problem = { status: 404, message: `Unknown request URL: ${request.method} ${request.url}` };
  const { headers, body } = problemReply(vendor, problem, newId(world, 'req_'), world.options.current.errorBodyText);
  response.writeHead(404, headers).end(body.kind === 'text' ? body.text : '');
}
