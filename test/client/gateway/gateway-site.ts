// A site with a gateway: real requests over HTTP, the real Temporal server, a worker and an emulator.

import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { hashToken, makeToken } from '../../../client/gateway/access/tokens.ts';
import { type GatewayConfig, readGatewayConfig } from '../../../client/gateway/config.ts';
import type { GatewayParts } from '../../../client/gateway/parts.ts';
import { serveGateway } from '../../../client/gateway/serve.ts';
import { Nightshift } from '../../../client/index.ts';
import { createStore } from '../../../storage/registry.ts';
import { Site } from '../../workflows/site.ts';

export type ConfigChanges = Partial<Omit<GatewayConfig, 'limits'>> & {
  readonly limits?: Partial<GatewayConfig['limits']>;
};

export interface RunningTestGateway {
  readonly url: string;
  /** What it logged. */
  readonly logged: readonly unknown[];
  drain(): Promise<void>;
}

/** The caller drains it. `parts` replaces what a gateway is given otherwise. Port 0 is any that is free. */
export async function startGateway(
  site: Pick<Site, 'client' | 'name' | 'root'>,
  { limits, ...changes }: ConfigChanges = {},
  parts: Partial<GatewayParts> = {},
  port = 0,
): Promise<RunningTestGateway> {
  const defaults = readGatewayConfig(null);
  const config = { ...defaults, ...changes, limits: { ...defaults.limits, ...limits } };
  const jobs = new Nightshift(site.client, { taskQueue: site.name, dataRoot: site.root });
  const store = createStore({ dataRoot: site.root, s3PathStyle: true });
  const logged: unknown[] = [];
  const log = (event: unknown): void => void logged.push(event);
  const secret = Buffer.alloc(32, 7);
  const all = { jobs, store, config, secret, now: Date.now, log, ...parts };
  const { url, drain } = await serveGateway(all, { host: '127.0.0.1', port });
  return { url, logged, drain };
}

export interface GatewaySite {
  readonly site: Site;
  readonly gateway: RunningTestGateway;
  /** A path below the gateway's address. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

type SiteOptions = Parameters<typeof Site.with>[2];

export function withGateway(
  env: TestWorkflowEnvironment,
  name: string,
  { gateway: changes = {}, ...options }: SiteOptions & { readonly gateway?: ConfigChanges },
  use: (at: GatewaySite) => Promise<void>,
): Promise<void> {
  return Site.with(env, name, options, async (site) => {
    const gateway = await startGateway(site, changes);
    try {
      await use({ site, gateway, fetch: (path, init) => fetch(`${gateway.url}${path}`, init) });
    } finally {
      await gateway.drain();
    }
  });
}

/** A token, and its entry in the configuration. */
export function testToken(
  tenant: string,
  scopes: GatewayConfig['tokens'][number]['scopes'] = ['read', 'start', 'change', 'add', 'batches'],
): {
  readonly headers: { readonly authorization: string };
  readonly token: string;
  readonly entry: GatewayConfig['tokens'][number];
} {
  const token = makeToken();
  return { headers: { authorization: `Bearer ${token}` }, token, entry: { sha256: hashToken(token), tenant, scopes } };
}

export const postJson = (body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
