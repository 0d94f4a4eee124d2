// Records the histories that the replay test replays. Runs only when asked to, with NIGHTSHIFT_RECORD=1: see CONTRIBUTING.md.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { describe, expect, test } from 'vitest';
import { Queues } from '../../client/long-lived/queues.ts';
import { dispatcherId } from '../../domain/ids.ts';
import type { OptionsInput } from '../../emulator/faults/options.ts';
import { webhookVariables } from '../support/receiver.ts';
import { devServer } from '../support/temporal.ts';
import { Site } from '../workflows/site.ts';
import type { SiteOptions } from '../workflows/site-worker.ts';

const folder = join(import.meta.dirname, 'histories');
const quick = { validateMs: 100, runMs: 1000, finalizeMs: 100, cancelMs: 100 };
const changes = {
  poll: { initial: '1s', max: '2s' },
  retry: { rounds: 1, backoff: '1s' },
  batch: { maxItems: 60, concurrency: 2 },
  minBatchItems: 2,
};

interface Scenario {
  readonly name: string;
  readonly options?: OptionsInput & SiteOptions;
  readonly play: (site: Site) => Promise<unknown>;
  /** Null if it is not a job. */
  readonly first?: null;
  /** Workflows besides the job and its children, by their type. */
  readonly further?: ReadonlyMap<string, string>;
}

const scenarios: readonly Scenario[] = [
  { name: 'openai', play: (site) => site.run(site.openaiJob(120, changes)) },
  {
    name: 'anthropic',
    play: (site) =>
      site.run({
        ...site.openaiJob(120, changes),
        provider: 'anthropic',
        model: 'claude-haiku-4-5',
        request: { max_tokens: 16, messages: [{ role: 'user', content: '{{ text }}' }] },
      }),
  },
  {
    name: 'retry-and-fallback',
    options: { itemErrors: { rate500: 1, failTimes: 2 } },
    play: (site) => site.run(site.openaiJob(60, changes)),
  },
  {
    name: 'cancelled',
    options: { runMs: 60_000 },
    play: async (site) => {
      await site.start(site.openaiJob(60, changes));
      await site.untilCreated(1, 200);
      await site.env.sleep(1500);
      await site.cancel();
      expect(await site.failure()).toBe('CancelledFailure');
    },
  },
  {
    name: 'steered',
    options: { calls: { 'openai.batches.create': { status: 401, body: '{"error":{"code":"invalid_api_key"}}' } } },
    play: async (site) => {
      await site.start(site.openaiJob(120, { ...changes, budget: { usd: 5 } }));
      await site.untilStatus('paused for its key', ({ phase }) => phase === 'paused', 200);
      await site.control.setOptions({ calls: null });
      await site.update('resume');
      await site.update('pause');
      await site.update('setBudget', { usd: 6 });
      await site.update('setConcurrency', { concurrency: 1 });
      await site.update('setDeadline', { batch: '10h', job: '30h' });
      await site.update('retryFailed');
      await site.update('resume');
      await site.result();
    },
  },
  {
    name: 'segments',
    options: { batchesPerSegment: 2 },
    play: (site) => site.run(site.openaiJob(100, { ...changes, batch: { maxItems: 20, concurrency: 2 } })),
  },
  {
    // Of a job that continued as new, the last run is recorded.
    name: 'continued',
    options: { historyEventsMax: 40 },
    play: (site) => site.run(site.openaiJob(160, { ...changes, batch: { maxItems: 20, concurrency: 2 } })),
  },
  {
    name: 'dispatched',
    options: { variables: { NIGHTSHIFT_CONFIG: join(import.meta.dirname, 'limits.json') } },
    play: (site) => site.run(site.openaiJob(100, { ...changes, batch: { maxItems: 20, concurrency: 4 }, tenant: 'a' })),
    further: new Map([['dispatch', dispatcherId]]),
  },
  {
    name: 'told',
    options: { variables: webhookVariables },
    play: async (site) => {
      // Nobody listens there. The delivery outlives the job, and is ended.
      await site.run(site.openaiJob(2, { ...changes, webhook: { url: 'http://127.0.0.1:9/' } }));
      for await (const { workflowId } of site.client.workflow.list({ query: "WorkflowType = 'deliverWebhook'" })) {
        await site.client.workflow.getHandle(workflowId).cancel();
      }
    },
  },
  {
    name: 'told-more',
    options: { variables: webhookVariables, runMs: 3000 },
    play: async (site) => {
      const events = ['job.ended', 'job.paused', 'job.resumed', 'batch.collected'];
      const webhook = { url: 'http://127.0.0.1:9/', events };
      const job = { ...changes, webhook, batch: { maxItems: 20, concurrency: 1 }, minBatchItems: 0 };
      await site.start(site.openaiJob(60, job));
      await site.untilCreated(1, 200);
      await site.update('pause');
      await site.update('resume');
      await site.result();
      for await (const { workflowId } of site.client.workflow.list({ query: "WorkflowType = 'deliverWebhook'" })) {
        await site.client.workflow.getHandle(workflowId).terminate();
      }
    },
  },
  {
    name: 'queue',
    play: playQueue,
    first: null,
    further: new Map([
      ['processQueue', 'queue/recorded'],
      ['flushQueue', 'flusher'],
    ]),
  },
];

const queueOfRows = {
  job: {
    provider: 'openai',
    model: 'gpt-5.4-mini',
    request: { messages: [{ role: 'user', content: '{{ text }}' }], max_completion_tokens: 16 },
    ...changes,
  },
};

/** Two flushes, one of them urgent, and every update; then the queue ends. */
async function playQueue(site: Site): Promise<void> {
  const queues = new Queues(site.client, site.name);
  const add = (id: string, urgent: boolean): Promise<unknown> =>
    queues.add('recorded', { items: [{ id, text: id }], urgent }, queueOfRows);
  await add('a', false);
  await queues.pause('recorded');
  await add('b', true);
  await queues.remove('recorded', 'a');
  await queues.resume('recorded');
  await add('c', false);
  await queues.flush('recorded');
  await queues.drain('recorded');
  await site.client.workflow.getHandle('queue/recorded').result();
  await site.client.workflow
    .start('flushQueue', { workflowId: 'flusher', taskQueue: site.name, args: [{ queue: 'recorded' }] })
    .then((handle) => handle.result())
    .catch(() => undefined);
}

describe.runIf(process.env.NIGHTSHIFT_RECORD === '1')('recording', () => {
  const server = devServer();

  test.each(scenarios)('the history of $name', ({ name, options, play, first, further = new Map() }) =>
    Site.with(server.env, name, { ...quick, ...options }, async (site) => {
      await play(site);
      mkdirSync(folder, { recursive: true });
      for (const file of readdirSync(folder)) if (file.startsWith(`${name}.`)) rmSync(join(folder, file));
      for (const [type, workflowId] of [...(first === null ? [] : await firstOfEachType(site)), ...further]) {
        const history = await site.client.workflow.getHandle(workflowId).fetchHistory();
        writeFileSync(join(folder, `${name}.${type}.json`), asText(historyToJSON(history)));
      }
    }),
  );
});

/** The job itself, and the first workflow of each kind below it. */
async function firstOfEachType(site: Site): Promise<Map<string, string>> {
  const found = new Map([['processDataset', site.name]]);
  for (const workflowId of found.values()) {
    for (const { startChildWorkflowExecutionInitiatedEventAttributes: child } of await site.events(workflowId)) {
      const type = child?.workflowType?.name;
      if (type && child?.workflowId && !found.has(type)) found.set(type, child.workflowId);
    }
  }
  return found;
}

/** One event a line, without the names of the machine that recorded it. */
function asText(json: string): string {
  const { events } = JSON.parse(json, (key, value) => (isOfTheMachine(key, value) ? undefined : value));
  return `{"events": [\n${events.map((event: unknown) => JSON.stringify(event)).join(',\n')}\n]}\n`;
}

/** The worker that took a task, the places in its files, and the queues of one process, which are named after the process. */
const isOfTheMachine = (key: string, value: unknown): boolean =>
  key === 'identity' ||
  key === 'stackTrace' ||
  key === 'binaryChecksum' ||
  (key === 'name' && /^\d+@/.test(String(value)));
