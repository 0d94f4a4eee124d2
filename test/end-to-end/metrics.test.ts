// A worker's metrics and log: the documented series and no others, and no label with unbounded values.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Queue } from '../../client/index.ts';
import { Queues } from '../../client/long-lived/queues.ts';
import { freePort } from '../../scripts/tools/free-port.ts';
import { Cell, until } from './crash/cell.ts';
import { realServer } from './server.ts';

const server = realServer();

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

async function scraped(port: number): Promise<Sample[]> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return [...text.matchAll(/^(nightshift_\w+?)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = '', labels = '', value]) => ({
    name,
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', text = '']) => [key, text])),
    value: Number(value),
  }));
}

const documented = (): string[] => {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  return [...page.matchAll(/^\| `(nightshift_\w+)`/gm)].map(([, name = '']) => name).sort();
};

/** If all batches were above the last bucket, nobody would see that they become slower. */
function expectBounds(samples: readonly Sample[]): void {
  const bounds = samples.flatMap(({ name, labels }) =>
    name === 'nightshift_batch_duration_s_bucket' && labels.le !== '+Inf' ? [Number(labels.le)] : [],
  );
  expect(Math.max(...bounds)).toBeGreaterThanOrEqual(86_400);
  for (const [at, bound] of bounds.entries()) expect(bound).toBeLessThanOrEqual(2 * (bounds[at - 1] ?? bound));
}

test('items, tokens, cost, faults, alerts and jobs are counted as the docs say, and events are logged by job and batch', async () => {
  const port = await freePort();
  const emulator = {
    itemErrors: { rate400: 0.2, failTimes: 0, duplicate: 0.05 },
    calls: { 'openai.files.create': { status: 504, times: 1 } },
  } as const;
  const workerEnv = { NIGHTSHIFT_METRICS: `127.0.0.1:${port}` };
  await Cell.with(server, 'metered', { emulator, workerEnv }, async (at) => {
    const handle = await at.start(at.openaiJob(200));
    const { rows, sla } = await handle.result();
    let samples: Sample[] = [];
    await until('the job is counted', async () => {
      samples = await scraped(port);
      return samples.some(({ name }) => name === 'nightshift_jobs_total');
    });
    const sum = (name: string, labels: Record<string, string> = {}): number =>
      samples
        .filter((one) => one.name === name)
        .filter((one) => Object.entries(labels).every(([key, value]) => one.labels[key] === value))
        .reduce((total, { value }) => total + value, 0);
    expect(sum('nightshift_items_total', { outcome: 'answered', provider: 'openai' })).toBe(rows.answered);
    expect(sum('nightshift_items_total', { outcome: 'failed', reason: 'bad_request' })).toBe(rows.failed);
    expect(sum('nightshift_tokens_total', { direction: 'input' })).toBeGreaterThan(1000);
    expect(sum('nightshift_cost_microusd_total')).toBeGreaterThan(100);
    expect(sum('nightshift_provider_faults_total', { fault: 'gateway_timeout' })).toBe(1);
    expect(sum('nightshift_alerts_total', { alert: 'error_rate' })).toBe(1);
    // So that the first one of its name is an increase.
    expect(samples).toContainEqual(
      expect.objectContaining({ value: 0, labels: expect.objectContaining({ alert: 'paused' }) }),
    );
    expect(sla).toEqual({ ms: 7_200_000, isMet: true });
    expect(sum('nightshift_jobs_total', { verdict: 'partial', in_sla: 'yes', cancelled: 'no' })).toBe(1);
    expect(sum('nightshift_anomalies_total', { anomaly: 'duplicateAnswers' })).toBeGreaterThan(0);

    expectBounds(samples);

    const names = new Set(samples.map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')));
    // No job of this worker asks the dispatcher, and it has no queue.
    expect([...names].sort()).toEqual(documented().filter((name) => !/^nightshift_(dispatcher|queue)_/.test(name)));
    const values = samples.flatMap(({ labels }) => Object.entries(labels)).filter(([key]) => key !== 'le');
    expect(values.filter(([, value]) => /metered\/|batch_[\da-f]{8}|gpt|t-\d/.test(value))).toEqual([]);

    const lines = readFileSync(join(at.log), 'utf8').split('\n');
    const events = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    const of = (event: string) => events.filter((each) => each.event === event);
    expect(of('wave_planned')[0]).toMatchObject({ job: 'metered', kind: 'first', batches: 2, items: 200 });
    expect(
      of('batch_created')
        .map(({ job, wave, batch }) => [job, wave, batch])
        .sort(),
    ).toEqual([
      ['metered', 1, 1],
      ['metered', 1, 2],
    ]);
    expect(of('batch_done')).toHaveLength(2);
    expect(of('alert')[0]).toMatchObject({ job: 'metered', alert: 'error_rate' });
    expect(of('job_done')[0]).toMatchObject({
      verdict: 'partial',
      ...(rows.answered && { answered: rows.answered }),
    });
  });
}, 120_000);

test('a worker with a queue exports how much waits there', async () => {
  const port = await freePort();
  await Cell.with(server, 'queue-metrics', { workerEnv: { NIGHTSHIFT_METRICS: `127.0.0.1:${port}` } }, async (at) => {
    const { dataset: _, ...job } = at.openaiJob(1);
    const queues = new Queues(at.client, at.name);
    await queues.add('metered', { items: [{ id: 'a', text: 'a' }] }, { job: job as Queue['job'] });
    let samples: Sample[] = [];
    await until('the queue is counted', async () => {
      samples = (await scraped(port)).filter(({ name }) => name.startsWith('nightshift_queue_'));
      return samples.some(({ value }) => value === 1);
    });
    expect(samples.map(({ name }) => name).sort()).toEqual(
      documented().filter((name) => name.startsWith('nightshift_queue_')),
    );
    expect(new Set(samples.map(({ labels }) => labels.queue))).toEqual(new Set(['metered']));
    await queues.drain('metered');
  });
}, 120_000);

test('a worker whose jobs ask the dispatcher exports what they hold and how long they waited', async () => {
  const port = await freePort();
  await Cell.with(server, 'shared-metrics', { workers: 0 }, async (at) => {
    const config = join(at.root, 'config.json');
    writeFileSync(config, JSON.stringify({ limits: { openai: { default: { batches: 1, dayUsd: 1 } } } }));
    await at.startWorker({ NIGHTSHIFT_METRICS: `127.0.0.1:${port}`, NIGHTSHIFT_CONFIG: config });
    const handle = await at.start({ ...at.openaiJob(40), batch: { maxItems: 20 }, minBatchItems: 1, priority: 1 });
    await handle.result();
    const expected = documented().filter((name) => name.startsWith('nightshift_dispatcher_'));
    let samples: Sample[] = [];
    await until('the figures of the dispatcher', async () => {
      samples = await scraped(port);
      const names = new Set(samples.map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')));
      return expected.every((name) => names.has(name));
    });
    const count = samples.find(({ name }) => name === 'nightshift_dispatcher_wait_s_count');
    expect(count).toMatchObject({ value: 2, labels: { priority: '1' } });
    const waits = samples.filter(({ name }) => name === 'nightshift_dispatcher_wait_s_bucket');
    expect(waits.some(({ labels }) => Number(labels.le) > 3600 && labels.le !== '+Inf')).toBe(true);
  });
}, 120_000);
