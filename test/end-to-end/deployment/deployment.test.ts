// What docker-compose.yml starts, started as plain processes: the worker and the emulator as the Dockerfile builds them, with
// the environment, the commands and the health checks of the two files, and set up by the same scripts. The server is the
// CLI's; with NIGHTSHIFT_LONG=1 it is Temporal's own on PostgreSQL, and every command of the Dockerfile runs.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { searchAttributeNames } from '../../../scripts/dev-server.ts';
import { until } from '../crash/cell.ts';
import { type Deployment, deploy } from './deployment.ts';

const long = process.env.NIGHTSHIFT_LONG === '1';
let site: Deployment;

beforeAll(
  async () => {
    site = await deploy({ long });
  },
  long ? 30 * 60_000 : 180_000,
);

afterAll(async () => {
  await site?.stop();
}, 60_000);

const job = (rows: string): object => ({
  dataset: rows,
  provider: 'openai',
  model: 'gpt-5.4-mini',
  request: { messages: [{ role: 'user', content: '{{ text }}' }], max_completion_tokens: 16 },
  poll: { initial: '1s', max: '1s' },
});

describe('a deployment', { timeout: 120_000 }, () => {
  test('is set up with the search attributes that jobs are found by, and setting up again changes nothing', async () => {
    await site.setUp();
    const listed = await site.temporal(['operator', 'search-attribute', 'list']);
    for (const name of searchAttributeNames) expect(listed).toMatch(new RegExp(`${name} +Keyword`));
  });

  test('its worker and its emulator pass the health checks of their images, and serve metrics', async () => {
    await until('both healthy', () => site.healthy('worker') && site.healthy('emulator'));
    expect(await (await fetch(site.metrics)).text()).toMatch(/^temporal_worker_task_slots_available\{/m);
    if (site.serverMetrics) expect(await (await fetch(site.serverMetrics)).text()).toMatch(/^service_requests\{/m);
  });

  test('a job started with the Temporal CLI ends with all its results, and is found by its search attributes', async () => {
    const input = site.write('first.json', job(site.rows('first.jsonl', 120)));
    await site.start('first', input);
    expect(await site.result('first')).toMatchObject({ verdict: 'complete', rows: { answered: 120, failed: 0 } });
    expect(site.lines('runs/first/results.jsonl')).toBe(120);
    expect(await site.client(['status', 'first'])).toContain('120');
    const query = `NightshiftProvider="openai" AND NightshiftModel="gpt-5.4-mini" AND WorkflowId="first"`;
    let found = '';
    await until('listed', async () => {
      found = await site.temporal(['workflow', 'list', '--query', query, '--output', 'json']);
      return found.includes('"first"');
    });
  });

  test('SIGTERM drains the worker, which exits with 0; a running job continues with the next worker', async () => {
    const input = site.write('second.json', job(site.rows('second.jsonl', 200)));
    await site.start('second', input);
    await until('a batch created', () => site.has('runs/second/plan/wave-1/batch-0001.handle.json'));
    expect(await site.stopWorker()).toBe(0);
    await site.startWorker();
    expect(await site.result('second')).toMatchObject({ verdict: 'complete', rows: { answered: 200 } });
    expect(site.lines('runs/second/results.jsonl')).toBe(200);
  });
});
