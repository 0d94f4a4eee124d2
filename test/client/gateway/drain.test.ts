// A gateway that drains: what nobody waits for is closed immediately, and requests that have begun are answered.

import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { request as sendRequest } from 'node:http';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { until } from '../../end-to-end/crash/cell.ts';
import { devServer } from '../../support/temporal.ts';
import { acme, request, withSdk } from './anthropic/anthropic-site.ts';
import { collectEvents } from './events/read-events.ts';
import { startGateway } from './gateway-site.ts';

const server = devServer();

test(
  'streams and connections without a request end, and a request that has begun is answered',
  { timeout: 60_000 },
  () =>
    withSdk(server.env, 'drain', { providers: ['anthropic'], runMs: 60_000 }, async ({ site, sdk }) => {
      const config = { tokens: [acme.entry], models: [{ match: 'claude-*', provider: 'anthropic' }] };
      const draining = await startGateway(site, config);
      const { hostname, port } = new URL(draining.url);
      const get = (path: string) => fetch(`${draining.url}${path}`, { headers: acme.headers });
      const { id } = await sdk.messages.batches.create({ requests: [request('a')] });
      let jobs: readonly { id: string }[] = [];
      await until('its job is listed', async () => {
        const listed = (await (await get('/api/jobs')).json()) as { jobs: typeof jobs };
        jobs = listed.jobs;
        return jobs.length > 0;
      });
      const events = await get(`/api/jobs/${jobs[0]?.id}/events`);
      // As a browser opens connections before it needs them.
      const unused = createConnection(Number(port), hostname);
      await once(unused, 'connect');
      const [first, rest] = ['{"requests": [', `${JSON.stringify(request('b'))}]}`];
      const headers = { 'x-api-key': acme.token, 'content-length': first.length + rest.length };
      const upload = sendRequest(`${draining.url}/v1/messages/batches`, { method: 'POST', headers });
      upload.write(first);
      const answered = once(upload, 'response');
      const folder = join(site.root, 'gateway/tenants/acme/lines');
      await until('its lines are being written', async () => readdirSync(folder).length === 2);

      const drained = draining.drain();
      unused.resume();
      await Promise.all([once(unused, 'end'), collectEvents(events)]);
      upload.end(rest);
      const [response] = await answered;
      expect([response.statusCode, await json(response)]).toMatchObject([200, { type: 'message_batch' }]);
      await drained;
      await sdk.messages.batches.cancel(id);
    }),
);
