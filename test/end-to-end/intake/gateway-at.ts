// A gateway in the test's own process, for the worker and the data folder of a cell.

import { hashToken } from '../../../client/gateway/access/tokens.ts';
import type { GatewayConfig } from '../../../client/gateway/config.ts';
import { readGatewayConfig } from '../../../client/gateway/config.ts';
import { type RunningGateway, serveGateway } from '../../../client/gateway/serve.ts';
import { Nightshift } from '../../../client/nightshift.ts';
import { createStore } from '../../../storage/registry.ts';
import { type Cell, until } from '../crash/cell.ts';

/** Everything that the tests read of an answer: each answer has some of it. */
export interface AnswerBody {
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
  /** Posts again as long as the gateway says that it can be sent again: on a busy machine, a worker may take seconds to answer. */
  postUntilTaken(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** Resolves with what is shown as soon as it is as wanted. */
  getUntil(
    path: string,
    isWanted: (shown: AnswerBody) => boolean,
    headers?: Readonly<Record<string, string>>,
  ): Promise<AnswerBody>;
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
  const post: GatewayAt['post'] = (path, body, headers = {}) =>
    call(path, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
  const get: GatewayAt['get'] = (path, headers = {}) => call(path, { headers });
  try {
    await use({
      url: gateway.url,
      post,
      get,
      postUntilTaken: (...given) =>
        askUntil(
          () => post(...given),
          () => true,
        ),
      getUntil: async (path, isWanted, headers) => (await askUntil(() => get(path, headers), isWanted)).body,
    });
  } finally {
    await gateway.drain();
  }
}

/** An answer that is neither wanted nor "later" is an error: waiting for another one would hide it. */
async function askUntil(ask: () => Promise<Answer>, isWanted: (shown: AnswerBody) => boolean): Promise<Answer> {
  let answer = await ask();
  await until('an answer as wanted', async () => {
    if (answer.status === 200 && isWanted(answer.body)) return true;
    if (answer.status !== 200 && answer.retryAfter === null) throw new Error(JSON.stringify(answer));
    answer = await ask();
    return false;
  });
  return answer;
}
