// Batches of the vendor's own SDK: answered, refused, cancelled, and durable whatever happens to the gateway.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { WorkflowNotFoundError } from '@temporalio/client';
import { NotFoundError } from 'openai';
import { expect, test } from 'vitest';
import { Nightshift } from '../../../../client/index.ts';
import { devServer } from '../../../support/temporal.ts';
import { startGateway } from '../gateway-site.ts';
import {
  createBatch,
  frontConfig,
  makeLine,
  makeLines,
  makeSdk,
  readLines,
  waitFor,
  waitForEnd,
  withOpenai,
} from './openai-site.ts';

const server = devServer();
const upTo = (rows: number): string[] => Array.from({ length: rows }, (_, index) => `row-${index + 1}`);

test('a batch is split, and each line is answered once under its own id', () =>
  withOpenai(server.env, 'split', {}, async ({ site, openai }) => {
    // The second one has as many bytes as an id may have.
    const odd = ['größe/日本 "1"\n', 'ü'.repeat(256)];
    const lines = odd.map((id) => `${JSON.stringify(makeLine(id))}\r\n`).join('\n');
    const created = await createBatch(openai, lines + makeLines(118));
    expect(created).toMatchObject({ object: 'batch', status: 'validating', completion_window: '24h', errors: null });
    const batch = await waitForEnd(openai, created.id);
    expect(batch).toMatchObject({
      status: 'completed',
      error_file_id: null,
      request_counts: { total: 120, completed: 120 },
    });
    expect(batch.usage?.total_tokens).toBeGreaterThan(120);
    const answers = await readLines(openai, batch.output_file_id);
    expect(answers.map(({ custom_id }) => custom_id)).toEqual([...odd, ...upTo(118)]);
    expect(answers.every(({ response }) => response?.status_code === 200 && response.body.choices?.length === 1)).toBe(
      true,
    );
    expect(await site.control.counts()).toMatchObject({ billed: 120, batchesCreated: 3, sync: { billed: 0 } });
  }));

test('lines that cannot be sent fail the batch with their numbers, before anything is sent', () =>
  withOpenai(server.env, 'bad', {}, async ({ site, openai }) => {
    const good = makeLine('a');
    const { body: _, ...withoutBody } = good as { body: unknown };
    const lines = [
      JSON.stringify(good),
      '{"custom_id": "b"',
      JSON.stringify(withoutBody).replace('"a"', '"c"'),
      JSON.stringify(good),
      JSON.stringify({ ...makeLine('d'), url: '/v1/embeddings' }),
      JSON.stringify({ ...makeLine('e'), method: 'GET' }),
      JSON.stringify(makeLine('ü'.repeat(257))),
    ];
    const { status, errors } = await createBatch(openai, `${lines.join('\n')}\n`);
    expect(status).toBe('failed');
    expect(errors?.data?.map(({ code, line, param }) => [line, code, param])).toEqual([
      [2, 'invalid_json_line', null],
      [3, 'missing_required_parameter', 'body'],
      [4, 'duplicate_custom_id', 'custom_id'],
      [6, 'invalid_value', 'method'],
      [7, 'invalid_value', 'custom_id'],
      [5, 'mismatched_url', 'url'],
    ]);
    const codes = async (text: string | Buffer) =>
      (await createBatch(openai, text)).errors?.data?.map(({ code }) => code);
    expect(await codes('')).toEqual(['empty_file']);
    expect(await codes(makeLines(1, { model: 'unknown' }))).toEqual(['model_not_found']);
    const mixed = makeLines(1) + JSON.stringify(makeLine('z', { model: 'claude-haiku-4-5' }));
    expect(await codes(mixed)).toEqual(['mismatched_model']);
    const latin = Buffer.from(`${JSON.stringify(makeLine('l', { user: 'ü' }))}\n`, 'latin1');
    expect(await codes(latin)).toEqual(['invalid_json_line']);
    const embedding = JSON.stringify({ ...makeLine('m', { model: 'claude-haiku-4-5' }), url: '/v1/embeddings' });
    const carried = await createBatch(openai, embedding, '/v1/embeddings');
    expect(carried.errors?.data).toMatchObject([{ code: 'invalid_url', param: 'url', line: 1 }]);
    expect((await site.control.counts()).batchesCreated).toBe(0);
  }));

test('requests that fail are in the error file', () =>
  withOpenai(server.env, 'errors', { itemErrors: { rate400: 0.3, failTimes: 9 } }, async ({ openai }) => {
    const created = await createBatch(openai, makeLines(40));
    const batch = await waitForEnd(openai, created.id);
    const [answers, errors] = [
      await readLines(openai, batch.output_file_id),
      await readLines(openai, batch.error_file_id),
    ];
    expect(batch.request_counts).toEqual({ total: 40, completed: answers.length, failed: errors.length });
    expect(errors.length).toBeGreaterThan(0);
    expect([...answers, ...errors].map(({ custom_id }) => custom_id).toSorted()).toEqual(upTo(40).toSorted());
    for (const { response, error } of errors) {
      expect(response).toMatchObject({ status_code: 400, body: { error: { message: expect.any(String) } } });
      expect(error).toBeNull();
    }
  }));

test('an answer that was cut is an answer, and is asked for once', () =>
  withOpenai(server.env, 'cut', { itemErrors: { rateTruncated: 1, failTimes: 9 } }, async ({ site, openai }) => {
    const batch = await waitForEnd(openai, (await createBatch(openai, makeLines(10))).id);
    expect(batch).toMatchObject({ status: 'completed', request_counts: { completed: 10, failed: 0 } });
    const answers = await readLines(openai, batch.output_file_id);
    expect(answers.map(({ response }) => response?.body.choices?.[0]?.finish_reason)).toEqual(Array(10).fill('length'));
    expect(await site.control.counts()).toMatchObject({ billed: 10, batchesCreated: 1 });
  }));

test('a cancelled batch delivers what was answered', () =>
  withOpenai(
    server.env,
    'cancelled',
    { config: { batchJob: { ...frontConfig.batchJob, batch: { maxItems: 10, concurrency: 1 } } } },
    async ({ site, openai }) => {
      const { id } = await createBatch(openai, makeLines(300));
      await waitFor(openai, id, ({ request_counts: counts }) => (counts?.completed ?? 0) > 0);
      const cancelling = await openai.batches.cancel(id);
      expect(cancelling.cancelling_at).toBeGreaterThan(0);
      const batch = await waitForEnd(openai, id);
      expect(batch.status).toBe('cancelled');
      const answers = await readLines(openai, batch.output_file_id);
      const errors = await readLines(openai, batch.error_file_id);
      expect(answers.length).toBeGreaterThan(0);
      expect(answers.length).toBe((await site.control.counts()).billed);
      expect(answers.length + errors.length).toBe(300);
      expect(new Set(errors.map(({ error }) => error?.code))).toEqual(new Set(['batch_cancelled']));
      await expect(openai.batches.cancel(id)).rejects.toThrow("Cannot cancel a batch with status 'cancelled'");
    },
  ));

/** As a gateway that is killed after it has recorded a batch. */
class Unstarting extends Nightshift {
  override start(): Promise<void> {
    return Promise.reject(new Error('killed'));
  }
}

test('a batch that a gateway recorded and did not start is started by the next one, or cancelled', () =>
  withOpenai(server.env, 'killed', {}, async ({ site, gateway, openai }) => {
    const jobs = new Unstarting(site.client, { taskQueue: site.name, dataRoot: site.root });
    const killed = await startGateway(site, frontConfig, { jobs });
    const sdk = makeSdk(killed);
    const [started, cancelled] = [await createBatch(sdk, makeLines(5)), await createBatch(sdk, makeLines(6))];
    expect((await sdk.batches.cancel(cancelled.id)).status).toMatch(/^cancell/);
    await killed.drain();
    expect(killed.logged).toContainEqual(expect.objectContaining({ event: 'batch_not_started' }));
    expect(await waitForEnd(makeSdk(gateway), started.id)).toMatchObject({ status: 'completed' });
    expect(await waitForEnd(openai, cancelled.id)).toMatchObject({ status: 'cancelled', output_file_id: null });
    expect((await site.control.counts()).billed).toBe(5);
  }));

/** As Temporal is when it keeps ended workflows no longer. */
class Forgetful extends Nightshift {
  started = 0;

  override describe(id: string): ReturnType<Nightshift['describe']> {
    return Promise.reject(new WorkflowNotFoundError('forgotten', id, undefined));
  }

  override start(): Promise<void> {
    this.started += 1;
    return Promise.resolve();
  }
}

test('a batch that Temporal has forgotten is shown as it ended, and is not run again', () =>
  withOpenai(server.env, 'forgotten', {}, async ({ site, openai }) => {
    const { id } = await createBatch(openai, makeLines(5));
    await waitFor(openai, id, ({ status }) => status !== 'validating');
    const [record = ''] = readdirSync(join(site.root, 'gateway/tenants/acme/batches'));
    // Nobody asks a gateway for the end before Temporal forgets it.
    await site.result(`acme/batch-${record.replace('.json', '')}`);
    const jobs = new Forgetful(site.client, { taskQueue: site.name, dataRoot: site.root });
    const later = await startGateway(site, frontConfig, { jobs });
    const sdk = makeSdk(later);
    const batch = await sdk.batches.retrieve(id);
    expect(batch).toMatchObject({ status: 'completed', request_counts: { completed: 5 } });
    expect(await readLines(sdk, batch.output_file_id)).toHaveLength(5);
    await later.drain();
    expect(jobs.started).toBe(0);
  }));

test('a batch of another tenant, or under an id that was made up, is not found', () =>
  withOpenai(server.env, 'tenants', {}, async ({ openai, stranger }) => {
    const { id } = await createBatch(openai, makeLines(1, { model: 'unknown' }));
    const forged = id.slice(0, -1) + (id.endsWith('A') ? 'Q' : 'A');
    const tries = [
      stranger.batches.retrieve(id),
      stranger.batches.cancel(id),
      openai.batches.retrieve(forged),
      openai.batches.retrieve('batch_1'),
      openai.batches.retrieve(`batch_${'x'.repeat(5000)}`),
    ];
    for (const tried of tries) await expect(tried).rejects.toBeInstanceOf(NotFoundError);
    expect((await stranger.batches.list()).data).toEqual([]);
  }));

test('batches are listed from the newest on, page by page', () =>
  withOpenai(server.env, 'pages', {}, async ({ openai }) => {
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) ids.unshift((await createBatch(openai, '')).id);
    const page = await openai.batches.list({ limit: 2 });
    expect(page.data.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(page.has_more).toBe(true);
    const all: string[] = [];
    for await (const { id } of openai.batches.list({ limit: 2 })) all.push(id);
    expect(all).toEqual(ids);
  }));
