// A create whose answer is lost, and that is sent again: it is one batch, and is paid once.

import OpenAI, { toFile } from 'openai';
import { expect, test } from 'vitest';
import { devServer } from '../../../support/temporal.ts';
import { makeLines, makeSdk, waitForEnd, withOpenai } from './openai-site.ts';

const server = devServer();
const slowMs = 120_000;

test('an SDK that has no answer, and tries again, makes one batch', { timeout: slowMs }, () =>
  withOpenai(server.env, 'lost-answer', {}, async ({ site, gateway, openai }) => {
    let lost = 0;
    // The gateway has done it, and the connection breaks.
    const loseCreates: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (init?.method === 'POST' && String(input).endsWith('/batches') && lost < 2) {
        lost += 1;
        throw new TypeError('fetch failed');
      }
      return response;
    };
    const unlucky = new OpenAI({ ...sdkOptions(openai), fetch: loseCreates, maxRetries: 3 });
    const file = await openai.files.create({
      file: await toFile(Buffer.from(makeLines(20)), 'a.jsonl'),
      purpose: 'batch',
    });
    const order = { input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' } as const;
    const batch = await unlucky.batches.create(order);
    expect(lost).toBe(2);
    expect((await openai.batches.list()).data.map(({ id }) => id)).toEqual([batch.id]);
    expect(await waitForEnd(openai, batch.id)).toMatchObject({
      status: 'completed',
      request_counts: { completed: 20 },
    });
    expect((await site.control.counts()).billedTwice.byBody).toEqual([]);
    // A person who wants the same file a second time gets a second batch, and another tenant its own.
    const second = await openai.batches.create(order);
    expect(second.id).not.toBe(batch.id);
    await openai.batches.cancel(second.id);
    await expect(makeSdk(gateway, 'other').batches.create(order)).rejects.toThrow(/No such File/i);
  }),
);

test('a key of the caller names one order, however often it is sent', { timeout: slowMs }, () =>
  withOpenai(server.env, 'keys', {}, async ({ openai }) => {
    const upload = async (rows: number) =>
      openai.files.create({ file: await toFile(Buffer.from(makeLines(rows)), 'a.jsonl'), purpose: 'batch' });
    const [file, other] = [await upload(5), await upload(6)];
    const order = { endpoint: '/v1/chat/completions', completion_window: '24h' } as const;
    const create = (input_file_id: string, key: string) =>
      openai.batches.create({ ...order, input_file_id }, { headers: { 'idempotency-key': key } });
    const made = await Promise.all(Array.from({ length: 5 }, () => create(file.id, 'night-1')));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    await expect(create(other.id, 'night-1')).rejects.toMatchObject({ status: 409 });
    expect((await create(file.id, 'night-2')).id).not.toBe(made[0]?.id);
    expect((await openai.batches.list()).data).toHaveLength(2);
  }),
);

const sdkOptions = ({ baseURL, apiKey }: OpenAI) => ({ baseURL, apiKey });
