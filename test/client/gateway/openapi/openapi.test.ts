// The description of the gateway's requests: a valid document, of every route and no other, that real answers agree with.

import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { createGateway } from '../../../../client/gateway/app.ts';
import { readGatewayConfig } from '../../../../client/gateway/config.ts';
import { Nightshift } from '../../../../client/index.ts';
import { createStore } from '../../../../storage/registry.ts';
import { devServer } from '../../../support/temporal.ts';
import { postJson, testToken, withGateway } from '../gateway-site.ts';

const server = devServer();
const slowMs = 120_000;

interface Described {
  readonly security: readonly object[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: object;
}

/** The page has addresses of its own. */
const isOfPage = (path: string): boolean => /^\/(report|job\.schema\.json|page\/.*)?$/.test(path);

const makeApp = () =>
  createGateway({
    jobs: new Nightshift(server.env.client),
    store: createStore({ dataRoot: '.', s3PathStyle: true }),
    config: readGatewayConfig(null),
    secret: Buffer.alloc(32),
    now: Date.now,
    draining: new AbortController().signal,
    log: () => undefined,
  });

test('the document is valid, open to everybody, and has each route of the gateway and no other', async () => {
  const app = makeApp();
  const answer = await app.request('/openapi.json');
  const document = (await answer.json()) as Description;
  expect(await new Validator().validate({ ...document })).toEqual({ valid: true });
  const routes = app.routes
    .filter(({ method, path }) => method !== 'ALL' && !isOfPage(path))
    .map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`);
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(described.toSorted()).toEqual([...new Set(routes)].toSorted());
});

test('what needs no token is said to need none, and everything else is refused without one', { timeout: slowMs }, () =>
  withGateway(server.env, 'scopes', { gateway: { tokens: [testToken('acme').entry] } }, async ({ fetch }) => {
    const { paths } = (await (await fetch('/openapi.json')).json()) as Description;
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, { security }] of Object.entries(methods)) {
        const { status } = await fetch(path.replace(/\{(\w+)\}/g, 'x'), { method: method.toUpperCase() });
        // An open hook that does not exist is not found.
        expect([path, status === 401]).toEqual([path, security.length > 0]);
      }
    }
  }),
);

test('real answers have the described forms', { timeout: slowMs }, () =>
  withGateway(
    server.env,
    'forms',
    { validateMs: 50, runMs: 300, finalizeMs: 50, itemErrors: { rate400: 0.3 } },
    async ({ site, fetch }) => {
      const description = (await (await fetch('/openapi.json')).json()) as Description;
      const check = async (path: string, asked: string, init?: RequestInit): Promise<void> => {
        const answer = await fetch(asked, init);
        const method = (init?.method ?? 'GET').toLowerCase();
        const schema =
          description.paths[path]?.[method]?.responses[answer.status]?.content?.['application/json']?.schema;
        expect([path, answer.status, schema]).toEqual([path, answer.status, expect.anything()]);
        const ajv = new Ajv2020({ strict: false });
        const { components } = description;
        const isValid = ajv.validate({ ...schema, components }, await answer.json());
        expect([path, isValid, ajv.errors]).toEqual([path, true, null]);
      };
      const job = { ...site.openaiJob(20), minBatchItems: 1 };
      await check('/api/jobs', '/api/jobs', postJson({ id: 'forms', job }));
      await check('/api/jobs', '/api/jobs', postJson({ id: 'forms', job }));
      await check('/api/jobs', '/api/jobs', postJson({ id: 1 }));
      await check('/api/jobs/estimate', '/api/jobs/estimate', postJson({ id: 'forms', job }));
      await check('/api/jobs/{id}/pause', '/api/jobs/forms/pause', postJson({ note: 'a while' }));
      await check('/api/jobs/{id}/budget', '/api/jobs/forms/budget', postJson({ usd: 3 }));
      await check('/api/jobs/{id}', '/api/jobs/forms');
      await check('/api/jobs/{id}/resume', '/api/jobs/forms/resume', postJson({}));
      await (await fetch('/api/jobs/forms/events')).text();
      await check('/api/jobs', '/api/jobs');
      await check('/api/jobs/{id}', '/api/jobs/forms');
      await check('/api/jobs/{id}/batches', '/api/jobs/forms/batches');
      await check('/api/jobs/{id}/failures', '/api/jobs/forms/failures');
      await check('/api/jobs/{id}', '/api/jobs/nobody');
      await check('/api/me', '/api/me');
      await check('/healthz', '/healthz');
      await check('/readyz', '/readyz');
    },
  ),
);
