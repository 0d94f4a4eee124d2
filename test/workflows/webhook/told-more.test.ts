// The messages of a job while it runs, if it asks for them: pauses, and collected batches. On the real server.

import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { until } from '../../end-to-end/crash/cell.ts';
import { type Received, receiverOfEachTest, webhookVariables } from '../../support/receiver.ts';
import { devServer } from '../../support/temporal.ts';
import { Site } from '../site.ts';

const server = devServer();
const variables = webhookVariables;
const quick = { validateMs: 50, runMs: 500, finalizeMs: 50, cancelMs: 50, variables };
const poll = { initial: '300ms', max: '500ms' };
const slowMs = 120_000;

const receiver = receiverOfEachTest();

interface Message {
  readonly id: string;
  readonly type: string;
  readonly data: {
    readonly state?: string;
    readonly batches?: readonly { readonly number: number; readonly wave: number; readonly batch: number }[];
  };
}

const read = ({ headers, body }: Received): Message => ({ id: String(headers['webhook-id']), ...JSON.parse(body) });

/** In the order of their ids: deliveries may overtake each other. */
const readAll = (): Message[] =>
  receiver.current.received.map(read).toSorted(({ id: a }, { id: b }) => (a < b ? -1 : Number(a > b)));

const listBatches = (messages: readonly Message[]) => messages.flatMap(({ data }) => data.batches ?? []);

async function untilEnded(count = 1): Promise<Message[]> {
  const isEnd = ({ type }: Message): boolean => type === 'job.ended';
  await until('the end', async () => receiver.current.received.map(read).filter(isEnd).length >= count, slowMs);
  return readAll();
}

/** A delivery that began earlier may arrive later. */
async function untilBatches(count: number): Promise<Message[]> {
  await until(`${count} batches`, async () => listBatches(readAll()).length >= count, slowMs);
  return readAll();
}

const webhook = (...events: string[]) => ({ url: receiver.current.url, events });

test('a pause is told once, whatever its further causes, and so is its end', () =>
  Site.with(server.env, 'told-pause', { ...quick, runMs: 2000 }, async (site) => {
    const events = webhook('job.ended', 'job.paused', 'job.resumed');
    const budget = { usd: 0.0001 };
    await site.start(
      site.openaiJob(60, { poll, webhook: events, batch: { maxItems: 20, concurrency: 1 }, minBatchItems: 0, budget }),
    );
    await until('it is paused by its budget', async () => (await site.status()).phase === 'paused', slowMs);
    await site.update('pause', { note: 'lunch' });
    await site.update('setBudget', { usd: 5 });
    expect((await site.status()).pauses.map(({ reason }) => reason)).toEqual(['person']);
    await site.update('resume');
    await site.update('pause', { note: 'tea' });
    await site.update('resume');
    await site.result();
    await untilEnded();
    await until('all messages', async () => receiver.current.received.length >= 5);
    expect(readAll()).toMatchObject([
      {
        type: 'job.paused',
        data: { job: 'told-pause', pauses: [{ reason: 'budget', remedy: 'setBudget', note: expect.any(String) }] },
      },
      { type: 'job.resumed', data: { job: 'told-pause' } },
      { type: 'job.paused', data: { pauses: [{ reason: 'person', remedy: 'resume', note: 'tea' }] } },
      { type: 'job.resumed' },
      { type: 'job.ended', data: { state: 'completed', answered: 60 } },
    ]);
  }));

test('a job that is paused before it is open tells it, and one that is cancelled in a pause tells only its end', () =>
  Site.with(server.env, 'told-early', { ...quick, runMs: 60_000 }, async (site) => {
    const job = site.openaiJob(20, { poll, webhook: webhook('job.ended', 'job.paused', 'job.resumed') });
    await site.client.workflow.signalWithStart('processDataset', {
      workflowId: site.name,
      taskQueue: site.name,
      args: [job],
      signal: 'nothing',
      signalArgs: [],
    });
    await site.update('pause');
    await until('it is told', async () => receiver.current.received.length === 1, slowMs);
    await site.handle.cancel();
    await site.failure();
    expect(await untilEnded()).toMatchObject([
      { type: 'job.paused', data: { pauses: [{ reason: 'person' }] } },
      { type: 'job.ended', data: { state: 'cancelled' } },
    ]);
  }));

test('a message outlives its job, also if a person terminates it', () =>
  Site.with(server.env, 'told-outlives', { ...quick, runMs: 60_000 }, async (site) => {
    receiver.current.answer((response) => response.writeHead(503).end());
    await site.start(site.openaiJob(20, { poll, webhook: webhook('job.paused'), minBatchItems: 0 }));
    await site.untilCreated(1, 200);
    await site.update('pause');
    await until('it is tried', async () => receiver.current.received.length === 1, slowMs);
    await site.handle.terminate();
    receiver.current.answer((response) => response.writeHead(200).end());
    await until('it is tried again', async () => receiver.current.received.length === 2, slowMs);
    const [first, second] = receiver.current.received.map(read);
    expect(second).toEqual(first);
  }));

test('each batch is told once with its figures; batches that end together share a message', () =>
  Site.with(server.env, 'told-batches', quick, async (site) => {
    const batch = { maxItems: 5, concurrency: 20 };
    await site.run(
      site.openaiJob(60, { poll, webhook: webhook('batch.collected', 'job.ended'), batch, minBatchItems: 0 }),
    );
    await untilEnded();
    const messages = await untilBatches(12);
    expect(messages.at(-1)).toMatchObject({ type: 'job.ended' });
    const batches = listBatches(messages);
    expect(batches.map(({ number }) => number)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    expect(batches.map((each) => each.batch).toSorted((a, b) => a - b)).toEqual(batches.map(({ number }) => number));
    for (const each of batches) {
      expect(each).toEqual({
        number: expect.any(Number),
        wave: 1,
        batch: expect.any(Number),
        answered: 5,
        failed: 0,
        usd: expect.any(Number),
      });
    }
    // The job has all of its batches open together, and is over soon after them.
    expect(messages.length).toBeLessThan(12);
    expect(receiver.current.received.map(({ body }) => body).join()).not.toContain('ticket 1');
  }));

test('in segments, and over several runs of the job, each batch is told once', { timeout: 2 * slowMs }, () =>
  Site.with(server.env, 'told-segments', { ...quick, batchesPerSegment: 2, historyEventsMax: 60 }, async (site) => {
    const batch = { maxItems: 5, concurrency: 2 };
    const events = webhook('batch.collected', 'job.ended');
    await site.run(site.openaiJob(80, { poll, webhook: events, batch, minBatchItems: 0 }));
    expect((await site.runs()).length).toBeGreaterThan(1);
    await untilEnded();
    const messages = await untilBatches(16);
    expect(listBatches(messages).map(({ number }) => number)).toEqual(
      Array.from({ length: 16 }, (_, index) => index + 1),
    );
    expect(new Set(listBatches(messages).map((each) => each.batch)).size).toBe(16);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(messages.length);
  }),
);

test('a job that is reset tells again under new ids; no id says two things', { timeout: 2 * slowMs }, () =>
  Site.with(server.env, 'told-reset', quick, async (site) => {
    const events = webhook('batch.collected', 'job.ended', 'job.paused');
    const batch = { maxItems: 10, concurrency: 1 };
    await site.start(site.openaiJob(40, { poll, webhook: events, batch, minBatchItems: 0 }));
    await site.untilCreated(1, 200);
    await site.update('pause');
    await until('it is told', async () => receiver.current.received.length >= 1, slowMs);
    await site.update('resume');
    await site.result();
    await untilEnded();
    const tasks = (await site.events()).filter((event) => event.workflowTaskCompletedEventAttributes != null);
    await site.client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: site.name },
      reason: 'test',
      requestId: randomUUID(),
      workflowTaskFinishEventId: tasks.at(-4)?.eventId ?? null,
    });
    const report = await site.result();
    await site.expectPaidOnce(report, 40);
    await untilEnded(2);
    const byId = Map.groupBy(readAll(), ({ id }) => id);
    for (const same of byId.values()) expect(new Set(same.map((message) => JSON.stringify(message))).size).toBe(1);
    expect(new Set(listBatches(readAll()).map((each) => each.batch)).size).toBe(4);
  }),
);

test('a job that names no events tells its end alone', () =>
  Site.with(server.env, 'told-default', quick, async (site) => {
    await site.start(site.openaiJob(20, { poll, webhook: { url: receiver.current.url } }));
    await site.update('pause');
    await site.update('resume');
    await site.result();
    await untilEnded();
    const deliveries = (await site.events()).filter(
      (event) => event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowType?.name === 'deliverWebhook',
    );
    expect([deliveries.length, readAll().length]).toEqual([1, 1]);
  }));
