// Requests that a provider would refuse: each is a line of the error file, and the others run.

import { expect, test } from 'vitest';
import { devServer } from '../../../support/temporal.ts';
import { createBatch, makeLine, makeLines, type OutputLine, readLines, waitForEnd, withOpenai } from './openai-site.ts';

const server = devServer();
const slowMs = 120_000;

const toText = (lines: readonly object[]): string => lines.map((line) => `${JSON.stringify(line)}\n`).join('');

/** A line of the error file, as the vendor writes it. */
const refused = (customId: string, param: string | null, message: unknown) => ({
  id: expect.stringMatching(/^batch_req_[0-9a-f]{32}$/),
  custom_id: customId,
  response: {
    status_code: 400,
    request_id: expect.stringMatching(/^req_[0-9a-f]{32}$/),
    body: { error: { message, type: 'invalid_request_error', param, code: null } },
  },
  error: null,
});

test('a request that is refused before it is sent fails alone', { timeout: slowMs }, () =>
  withOpenai(server.env, 'refused-rows', {}, async ({ site, openai }) => {
    const secret = 'the secret of a customer';
    const image = { type: 'image_url', image_url: { url: 'https://example.com/a.png' } };
    const lines = [
      makeLine('first'),
      makeLine('streams', { stream: true, user: secret }),
      makeLine('second'),
      makeLine('says nothing', { messages: [] }),
      makeLine('looks', { messages: [{ role: 'user', content: [image] }] }),
    ];
    // A blank line counts for nothing.
    const { id } = await createBatch(openai, `\n${toText(lines)}`);
    const batch = await waitForEnd(openai, id);
    expect(batch).toMatchObject({
      status: 'completed',
      errors: null,
      request_counts: { total: 5, completed: 3, failed: 2 },
    });
    const errors = await readLines(openai, batch.error_file_id);
    expect(errors).toEqual([
      refused('streams', 'stream', expect.stringMatching(/^stream: /)),
      refused('says nothing', 'messages', expect.stringMatching(/^messages: /)),
    ]);
    expect(JSON.stringify(errors)).not.toContain(secret);
    const answers = await readLines(openai, batch.output_file_id);
    expect(answers.map(({ custom_id }) => custom_id)).toEqual(['first', 'second', 'looks']);
    expect((await site.control.counts()).billed).toBe(3);
    // Both files stay when the upload is deleted.
    await openai.files.delete(batch.input_file_id);
    expect(await readLines(openai, batch.error_file_id)).toHaveLength(2);
    const shown = await openai.files.retrieve(batch.error_file_id ?? '');
    expect(shown).toMatchObject({ object: 'file', purpose: 'batch_output', bytes: expect.any(Number) });
  }),
);

test('a batch whose requests are all refused is complete, and has only errors', { timeout: slowMs }, () =>
  withOpenai(server.env, 'all-refused', {}, async ({ site, openai }) => {
    const batch = await waitForEnd(openai, (await createBatch(openai, makeLines(3, { stream: true }))).id);
    expect(batch).toMatchObject({
      status: 'completed',
      errors: null,
      output_file_id: null,
      request_counts: { total: 3, completed: 0, failed: 3 },
    });
    expect(batch.completed_at).toBeGreaterThanOrEqual(batch.created_at);
    const errors = await readLines(openai, batch.error_file_id);
    expect(errors.map(({ custom_id }) => custom_id)).toEqual(['row-1', 'row-2', 'row-3']);
    expect((await site.control.counts()).batchesCreated).toBe(0);
    const { data } = await openai.batches.list();
    expect(data[0]).toEqual(batch);
  }),
);

test('requests that the provider itself refuses are in the same file', { timeout: slowMs }, () =>
  withOpenai(server.env, 'both', { itemErrors: { rate400: 0.5, failTimes: 9 } }, async ({ openai }) => {
    const lines = makeLines(20) + toText([makeLine('streams', { stream: true })]);
    const batch = await waitForEnd(openai, (await createBatch(openai, lines)).id);
    const errors = await readLines(openai, batch.error_file_id);
    expect(batch.request_counts).toEqual({ total: 21, completed: 21 - errors.length, failed: errors.length });
    expect(errors.length).toBeGreaterThan(1);
    expect(errors.at(-1)?.custom_id).toBe('streams');
    expect(errors.every(({ response }) => response?.status_code === 400)).toBe(true);
  }),
);

test.for([
  ['anthropic', 'claude-haiku-4-5', { logprobs: true }, 'logprobs'],
  ['anthropic', 'claude-haiku-4-5', { n: 0 }, 'n'],
  ['gemini', 'gemini-2.5-flash', { logprobs: true }, 'logprobs'],
] as const)(
  'what cannot be carried to %s fails alone',
  { timeout: slowMs },
  ([provider, model, changes, param], { task }) =>
    withOpenai(server.env, `uncarried-${task.id}`, { providers: [provider] }, async ({ site, openai }) => {
      const lines = toText([makeLine('bad', { model, ...changes }), makeLine('good', { model })]);
      const batch = await waitForEnd(openai, (await createBatch(openai, lines)).id);
      expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 2, completed: 1, failed: 1 } });
      expect(await readLines(openai, batch.error_file_id)).toEqual([
        refused('bad', param, expect.stringMatching(new RegExp(`^${param}: `))),
      ]);
      const answers: readonly OutputLine[] = await readLines(openai, batch.output_file_id);
      expect(answers.map(({ custom_id }) => custom_id)).toEqual(['good']);
      expect((await site.control.counts()).billed).toBe(1);
    }),
);
