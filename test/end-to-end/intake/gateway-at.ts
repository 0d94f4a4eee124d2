// A gateway in the test's own process, for the worker and the data folder of a cell.

import { hashToken } from '../../../client/gateway/access/tokens.ts';
import type { GatewayConfig } from '../../../client/gateway/config.ts';
import { readGatewayConfig } from '../../../client/gateway/config.ts';
import { type RunningGateway, serveGateway } from '../../../client/gateway/serve.ts';
import { Nightshift } from '../../../client/nightshift.ts';
import { createStore } from '../../../storage/registry.ts';
import type { Cell } from '../crash/cell.ts';

/** Everything that the tests read of an answer: each answer has some of it. */
interface AnswerBody {
  readonly error: { readonly code: string; readonly field: string | null; readonly message: string };
  readonly refusals: readonly { readonly line: number; readonly reason: string }[];
  readonly outcome?: string;
  readonly hooks: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly name: string;
  readonly depth: { readonly deliveries: number };
  readonly last: readonly { readonly answered: number | null; readonly workflowId: string }[];
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: AnswerBody;
}

export interface GatewayAt {
  readonly url: string;
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

/** The token of a tenant in these tests. */
export const tokenFor = (tenant: string, scopes: GatewayConfig['tokens'][number]['scopes']) => ({
  headers: { authorization: `Bearer token-${tenant}-${scopes.join('-')}` },
  entry: { sha256: hashToken(`token-${tenant}-${scopes.join('-')}`), tenant, scopes },
});

export async function withGateway(
  at: Cell,
  changes: Partial<Omit<GatewayConfig, 'limits'>> & { readonly limits?: Partial<GatewayConfig['limits']> },
  use: (gateway: GatewayAt) => Promise<void>,
): Promise<void> {
  const config = readGatewayConfig(null);
  const store = createStore({ dataRoot: at.root, s3PathStyle: true, scratch: at.root });
  const gateway: RunningGateway = await serveGateway(
    {
      jobs: new Nightshift(at.client, { taskQueue: at.name, dataRoot: at.root }),
      store,
      config: { ...config, ...changes, limits: { ...config.limits, ...changes.limits } },
      secret: Buffer.alloc(32, 1),
      now: Date.now,
      log: () => undefined,
    },
    { host: '127.0.0.1', port: 0 },
  );
  const call = async (path: string, init: RequestInit): Promise<Answer> => {
    const answer = await fetch(`${gateway.url}${path}`, init);
    const text = await answer.text();
    return { status: answer.status, retryAfter: answer.headers.get('retry-after'), body: JSON.parse(text) };
  };
  try {
    await use({
      url: gateway.url,
      post: (path, body, headers = {}) =>
        call(path, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) }),
      get: (path, headers = {}) => call(path, { headers }),
    });
  } finally {
    await gateway.drain();
  }
}
