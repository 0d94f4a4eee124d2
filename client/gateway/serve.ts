// Listens, and ends in order: a gateway that drains takes nothing new, ends its streams and lets running requests end.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { createGateway } from './app.ts';
import { Connections } from './connections.ts';
import type { GatewayParts } from './parts.ts';

export interface ServeOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

export interface RunningGateway {
  readonly url: string;
  /** Resolves when every request has ended, or was cut off after the time for it. */
  drain(): Promise<void>;
}

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);
const headersMs = 20_000;
/** An upload of many gigabytes takes a while. */
const requestMs = 60 * 60_000;
const drainMs = 20_000;

/** Each reader that takes nothing holds so much; Node's own default is four times that. */
const unsentBytes = 16 * 1024;

export async function serveGateway(
  parts: Omit<GatewayParts, 'draining'>,
  { host, port }: ServeOptions,
): Promise<RunningGateway> {
  if (parts.config.tokens.length === 0 && !loopback.has(host)) {
    throw new Error(
      `without tokens, the gateway listens on this machine alone: leave out --host ${host}, or make a token with \`nightshift token\``,
    );
  }
  const draining = new AbortController();
  const app = createGateway({ ...parts, draining: draining.signal });
  const listening = Promise.withResolvers<AddressInfo>();
  const serverOptions = { highWaterMark: unsentBytes };
  const server = serve({ fetch: app.fetch, hostname: host, port, serverOptions }, listening.resolve) as Server;
  server.once('error', listening.reject);
  server.maxConnections = parts.config.limits.connections;
  server.headersTimeout = headersMs;
  server.requestTimeout = requestMs;
  const connections = new Connections(server);
  const address = await listening.promise;
  const name = host.includes(':') ? `[${host}]` : host;
  return { url: `http://${name}:${address.port}`, drain: () => drain(server, connections, draining) };
}

async function drain(server: Server, connections: Connections, draining: AbortController): Promise<void> {
  draining.abort();
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  connections.closeWhenIdle();
  const timer = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearTimeout(timer);
}
