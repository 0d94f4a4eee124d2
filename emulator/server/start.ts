// Starts the emulator inside the calling process and stops it without leaving sockets or files behind.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBarriers } from '../faults/barriers.ts';
import { createOptionStore, type OptionStore } from '../faults/option-store.ts';
import { type OptionsInput, parseOptions } from '../faults/options.ts';
import { frontPaths } from '../fronts.ts';
import { noFacts } from '../state/facts.ts';
import { openFactLog, readFacts } from '../state/facts-file.ts';
import { forgetOld } from '../state/forget.ts';
import { restoreWorld } from '../state/restore.ts';
import { type Clock, createClock } from '../world/clock.ts';
import { createJournal } from '../world/journal.ts';
import { createWorld, type World } from '../world/world.ts';
import { serveControl } from './control-server.ts';
import { startEventSender } from './event-sender.ts';
import { type Stage, serve } from './serve.ts';

export type StartOptions = OptionsInput & {
  /** 0, the default, takes any free port. */
  port?: number;
  /** The address to listen at; this machine alone when left out. */
  host?: string;
  /** Where to make the data folder; the system's temporary folder when left out. */
  dataDir?: string;
  /** Keeps everything in this folder, and continues from what an earlier emulator kept in it. Keeps nothing when left out. */
  stateDir?: string;
  /** Where Google Cloud Storage is: the buckets from which batches are read and to which they are written. */
  gcsUrl?: string;
  /** A folder that stands for a bucket, for uris without a scheme. */
  bucketsDir?: string;
};
export interface Emulator {
  url: string;
  openaiBaseUrl: string;
  anthropicBaseUrl: string;
  geminiBaseUrl: string;
  vertexBaseUrl: string;
  bedrockBaseUrl: string;
  controlUrl: string;
  close(): Promise<void>;
}

// Longer than any client keeps an idle connection, so that the emulator never closes one under a request in flight.
const keepAliveMs = 120_000;
const loopback = '127.0.0.1';

export async function startEmulator({
  port = 0,
  host = loopback,
  dataDir: parent = tmpdir(),
  stateDir,
  gcsUrl,
  bucketsDir,
  ...input
}: StartOptions = {}): Promise<Emulator> {
  const { clock: kind, startMs } = parseOptions(input);
  const clock = createClock(kind, startMs);
  const options = createOptionStore(input, clock);
  const world = stateDir === undefined ? newWorld(options, clock, parent) : await openWorld(options, clock, stateDir);
  Object.assign(world, { gcsUrl: gcsUrl ?? null, bucketsDir: bucketsDir ?? null });
  const stage: Stage = { world, journal: createJournal(), barriers: createBarriers() };
  const sender = startEventSender(world);
  const leave = () => {
    world.facts.close();
    if (stateDir === undefined) rmSync(world.dataDir, { recursive: true, force: true });
  };
  const server = createServer((request, response) => void handle(stage, request, response));
  Object.assign(server, { requestTimeout: 0, keepAliveTimeout: keepAliveMs, headersTimeout: keepAliveMs * 2 });
  const boundPort = await listen(server, port, host).catch((error: unknown) => {
    leave();
    throw error;
  });
  const url = `http://${host === '0.0.0.0' ? loopback : host}:${boundPort}`;
  let closed: Promise<void> | undefined;
  const close = () =>
    (closed ??= stop(server, stage)
      .then(() => sender.stop())
      .then(leave));
  const [openaiBaseUrl, anthropicBaseUrl] = [`${url}${frontPaths.openai}`, `${url}${frontPaths.anthropic}`];
  const [geminiBaseUrl, vertexBaseUrl] = [`${url}${frontPaths.gemini}`, `${url}${frontPaths.vertex}`];
  const urls = { openaiBaseUrl, anthropicBaseUrl, geminiBaseUrl, vertexBaseUrl };
  return { url, ...urls, bedrockBaseUrl: `${url}${frontPaths.bedrock}`, controlUrl: `${url}/_control`, close };
}

function newWorld(options: OptionStore, clock: Clock, parent: string): World {
  mkdirSync(parent, { recursive: true });
  return createWorld(options, clock, mkdtempSync(join(parent, 'batch-emulator-')), noFacts);
}

async function openWorld(options: OptionStore, clock: Clock, folder: string): Promise<World> {
  const dataDir = join(folder, 'files');
  mkdirSync(dataDir, { recursive: true });
  const path = join(folder, 'facts.jsonl');
  const kept = readFacts(path);
  for (const fact of kept.facts) if (fact.kind === 'clock') clock.set(Date.now() + fact.aheadMs);
  const known = forgetOld(kept, clock.now());
  const world = createWorld(options, clock, dataDir, openFactLog(path, known));
  await restoreWorld(world, known);
  return world;
}

async function handle(stage: Stage, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const isControl = request.url?.startsWith('/_control/') === true;
  try {
    await (isControl ? serveControl : serve)(stage, request, response);
  } catch (error) {
    process.stderr.write(
      `emulator: ${request.method} ${request.url}: ${error instanceof Error ? error.stack : error}\n`,
    );
    if (response.headersSent) {
      response.destroy();
    } else {
      response
        .writeHead(500, { 'content-type': 'text/plain' })
        .end('The emulator itself failed; see its standard error.');
    }
  }
}

function listen(server: ReturnType<typeof createServer>, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') {
        reject(new Error('the server has no port'));
      } else {
        resolve(address.port);
      }
    });
  });
}

async function stop(server: ReturnType<typeof createServer>, { barriers, world }: Stage): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  barriers.clear();
  await closed;
  await Promise.all([...world.active].map(({ scanning }) => scanning));
}
