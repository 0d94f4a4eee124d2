// Batches of the vendor's own SDK that ask for models of other vendors.

import { expect, test } from 'vitest';
import { devServer } from '../../../support/temporal.ts';
import { createBatch, makeLine, makeLines, readLines, waitForEnd, withOpenai } from './openai-site.ts';

const server = devServer();

test('a model of another vendor is answered in the form of this one', () =>
  withOpenai(server.env, 'carried', {}, async ({ site, openai }) => {
    const model = 'claude-haiku-4-5';
    const batch = await waitForEnd(openai, (await createBatch(openai, makeLines(5, { model }))).id);
    const answers = await readLines(openai, batch.output_file_id);
    expect(answers).toHaveLength(5);
    expect(answers[0]?.response?.body).toMatchObject({
      object: 'chat.completion',
      model,
      choices: [{ finish_reason: 'stop', message: { role: 'assistant', content: expect.any(String) } }],
    });
    expect((await site.control.counts()).billed).toBe(5);
  }));

test('a model of a vendor without a front is answered in the form of this one', () =>
  withOpenai(server.env, 'gemini', { providers: ['gemini'] }, async ({ site, openai }) => {
    const model = 'gemini-2.5-flash';
    const system = {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
      ],
    };
    const batch = await waitForEnd(openai, (await createBatch(openai, makeLines(5, { model, ...system }))).id);
    expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 5, completed: 5, failed: 0 } });
    const answers = await readLines(openai, batch.output_file_id);
    expect(answers.map(({ custom_id }) => custom_id)).toEqual(['row-1', 'row-2', 'row-3', 'row-4', 'row-5']);
    expect(answers[0]?.response?.body).toMatchObject({
      object: 'chat.completion',
      model,
      choices: [{ finish_reason: 'stop', message: { role: 'assistant', content: expect.stringMatching(/./) } }],
      usage: { prompt_tokens: expect.any(Number), completion_tokens: expect.any(Number) },
    });
    const mixed = makeLines(1, { model }) + JSON.stringify(makeLine('z', { model: 'gemini-2.5-pro' }));
    expect((await createBatch(openai, mixed)).errors?.data).toMatchObject([{ code: 'mismatched_model', line: 2 }]);
    expect((await site.control.counts()).billed).toBe(5);
  }));
