// What Gemini alone has of a provider, against the emulator.

import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { BatchView } from '../../../domain/batch/state.ts';
import { customId, itemKey } from '../../../domain/ids.ts';
import type { OptionsInput } from '../../../emulator/faults/options.ts';
import { embedEndpoint } from '../../../providers/dialects/gemini/requests.ts';
import { vendorEntries } from '../../../providers/registry.ts';
import { geminiProofs } from '../../../providers/vendors/gemini/endings.ts';
import { makeGeminiEntry } from '../../../providers/vendors/gemini/index.ts';
import {
  catchFacts,
  collectLines,
  collectOutcomes,
  context,
  describeEnd,
  makeProvider,
  requireEmulated,
  startVendor,
} from './emulated-vendor.ts';

const gemini = requireEmulated('gemini');
/** Every batch is uploaded, however small. */
const uploaded = { ...gemini, entry: makeGeminiEntry(0) };
const question = 'a long enough question, and another';

async function endedView(batch: OptionsInput['batch'], texts = ['a', 'b', 'c', 'd']): Promise<BatchView> {
  const { provider, prepare, submit, end } = await startVendor(uploaded, { batch });
  const handle = await submit(await prepare(texts));
  await end();
  return provider.poll(handle, context());
}

describe('a batch of Gemini’s', () => {
  test.each([
    ['small', 1, 0],
    ['large', 2000, 1],
  ])('that is %s is uploaded only if it is large', async (_size, texts, uploads) => {
    const { prepare, submit, control, provider, end } = await startVendor(gemini);
    const handle = await submit(await prepare(Array.from({ length: texts }, (_, at) => `question ${at}`)));
    const calls = await control.requests('gemini.files.create');
    expect(calls.length > 0 ? 1 : 0).toBe(uploads);
    await end();
    expect(await collectOutcomes(provider, handle)).toHaveLength(texts);
  });

  test('that expired ran nothing, whatever it counts', async () => {
    const view = await endedView({ endAs: 'expired', partial: 0.5 });
    expect(view).toMatchObject({ ending: 'expired', counts: { total: 4, done: 2 }, outputs: [] });
    expect(describeEnd(view, geminiProofs)).toBe('nothing_ran');
  });

  test.each([
    ['answered nothing, ran nothing', { partial: 0 }, 'nothing_ran'],
    ['answered something is in doubt', { partial: 0.5 }, 'not_shown'],
    ['has no counts is in doubt', { partial: 0, requestCountsNull: true }, 'not_shown'],
    ['leaves its total out is in doubt', { partial: 0, countsZero: true }, 'not_shown'],
  ])('that failed and %s', async (_words, fault, kind) => {
    const failWith = { code: 'INTERNAL', message: 'It broke.' };
    const view = await endedView({ endAs: 'failed', failWith, ...fault });
    expect(view).toMatchObject({ ending: 'failed', errors: [{ reason: 'other', line: null, detail: 'It broke.' }] });
    expect(describeEnd(view, geminiProofs)).toBe(kind);
  });

  test('that was cancelled is read if it names an output, and is in doubt until then', async () => {
    const fault = { endAs: 'cancelled', partial: 0.5 } as const;
    expect(describeEnd(await endedView(fault), geminiProofs)).toBe('shown');
    expect(describeEnd(await endedView({ ...fault, outputShownAfterMs: 86_400_000 }), geminiProofs)).toBe('not_shown');
    expect(describeEnd(await endedView({ ...fault, partial: 0 }), geminiProofs)).toBe('nothing_ran');
  });

  test('that is too long for the check has the reason of its failure', async () => {
    const failWith = { code: 'RESOURCE_EXHAUSTED', message: 'Quota exceeded for metric: enqueued_tokens, limit: 3000' };
    const view = await endedView({ failWith });
    expect(view).toMatchObject({ errors: [{ reason: 'capacity', limit: { unit: 'tokens', limit: 3000 } }] });
    expect(describeEnd(view, geminiProofs)).toBe('nothing_ran');
  });
});

describe('a batch of Gemini’s, as long as it is there', () => {
  test('whose state is not known yet is waited for', async () => {
    const { provider, prepare, submit, control } = await startVendor(gemini, { batch: { unknownStatus: 'THINKING' } });
    const handle = await submit(await prepare(['a']));
    await control.clock({ advanceMs: 1000 });
    expect(await provider.poll(handle, context())).toMatchObject({
      phase: 'running',
      ending: null,
      status: 'thinking',
    });
  });

  test('whose answers are not named yet is waited for', async () => {
    const { provider, prepare, submit, end } = await startVendor(uploaded, {
      batch: { outputShownAfterMs: 86_400_000 },
    });
    const handle = await submit(await prepare(['a']));
    await end();
    expect(await provider.poll(handle, context())).toMatchObject({ ending: 'completed', outputs: [] });
    expect((await catchFacts(collectLines(provider.download(handle, context())))).fault).toBe('not_ready');
  });

  test('is created and found although its object lacks its time', async () => {
    const { provider, prepare, submit } = await startVendor(gemini, { batch: { oddFields: true } });
    const [one, other] = [await prepare(['a']), await prepare(['b'])];
    const { id, createdAt } = await submit(one);
    expect(Math.abs(createdAt - Date.now())).toBeLessThan(60_000);
    expect(await provider.find(one.submission, context())).toMatchObject({ confirmed: [{ id }] });
    expect(await provider.find(other.submission, context())).toEqual({ confirmed: [], possible: [] });
  });

  test('is deleted with its upload; that its output cannot be deleted is not a failure', async () => {
    const { provider, prepare, submit, end, control } = await startVendor(uploaded);
    const handle = await submit(await prepare(['a']));
    await end();
    await provider.forget(handle, context());
    expect((await control.requests('gemini.files.delete')).map(({ status }) => status)).toEqual([400, 200]);
    expect((await control.requests('gemini.batches.delete')).map(({ status }) => status)).toEqual([200]);
  });
});

describe('embeddings of Gemini’s', () => {
  test('are a vector for each item, in both lanes', async () => {
    const { provider, prepare, submit, end } = await startVendor({ ...gemini, model: 'gemini-embedding-001' });
    const { file, submission } = await prepare(['a']);
    const id = customId(submission.prefix, itemKey('0'.repeat(24)));
    const body = '{"content":{"parts":[{"text":"hello"}]},"outputDimensionality":3}';
    const line = Buffer.from(provider.encode(id, body, embedEndpoint));
    await writeFile(await file.path(context().signal), `${line}\n`);
    const embeddings = {
      file: { ...file, bytes: line.length + 1 },
      submission: { ...submission, endpoint: embedEndpoint },
    };
    const handle = await submit({ ...embeddings, ids: [id] });
    await end();
    const [outcome] = await collectOutcomes(provider, handle);
    expect(outcome).toMatchObject({ kind: 'answer', customId: id, text: null, usage: { output: null } });
    expect(outcome?.kind === 'answer' ? outcome.value : null).toHaveLength(3);
    const target = { model: 'gemini-embedding-001', endpoint: embedEndpoint };
    const alone = provider.decode(await provider.call(line, target, context()), embedEndpoint);
    expect(alone).toMatchObject({ kind: 'answer', value: outcome?.kind === 'answer' ? outcome.value : null });
  });
});

describe('a create of Gemini’s', () => {
  test('waits for capacity, by the limit that the refusal names', async () => {
    const { prepare, submit, control } = await startVendor(gemini, { limits: { tokens: 1 } });
    const refused = await catchFacts(submit(await prepare([question])));
    expect(refused).toMatchObject({ fault: 'capacity', limit: { unit: 'tokens', limit: 1 }, ambiguous: false });
    await control.setOptions({ limits: { tokensMessage: 'unnamed' } });
    expect(await catchFacts(submit(await prepare([question])))).toMatchObject({ fault: 'capacity', limit: null });
  });

  test('beyond a hundred open batches waits for capacity', async () => {
    const { prepare, submit } = await startVendor(gemini);
    for (let open = 0; open < 100; open += 1) await submit(await prepare(['a']));
    const refused = await catchFacts(submit(await prepare(['a'])));
    expect(refused).toMatchObject({ fault: 'capacity', limit: { unit: 'batches', limit: 100 } });
  });

  test('whose file cannot be found yet is repeated', async () => {
    const { prepare, submit } = await startVendor(uploaded, { batch: { fileNotFoundFor: 1 } });
    expect((await catchFacts(submit(await prepare(['a'])))).fault).toBe('not_ready');
  });

  test('from a file that is gone after 48 hours is not sent again for nothing', async () => {
    const { prepare, provider, control } = await startVendor(uploaded);
    const { file, submission } = await prepare(['a']);
    const staged = await provider.upload(file, submission, context());
    await control.clock({ advanceMs: 49 * 3_600_000 });
    expect((await catchFacts(provider.create(staged, file, submission, context()))).fault).toBe('not_ready');
  });
});

describe('a key of Gemini’s', () => {
  test('that is wrong has status 400, and is told from a bad request', async () => {
    const { provider, prepare } = await startVendor(gemini, { keys: { other: 'somebody' } });
    expect(await provider.check(null, context())).toBe('bad_key');
    const { submission } = await prepare(['a']);
    expect(await catchFacts(provider.find(submission, context()))).toMatchObject({
      fault: 'unauthorized',
      status: 400,
    });
  });

  test('is in no URL, and goes to no other host than the configured one', async () => {
    const seen: { url: string; key: unknown }[] = [];
    const server = createServer((request, response) => {
      seen.push({ url: request.url ?? '', key: request.headers['x-goog-api-key'] });
      request.resume().on('end', () => {
        response.setHeader('x-goog-upload-url', 'http://elsewhere.invalid/pieces?upload_id=1');
        response.end('{"file":{"name":"files/one"},"operations":[]}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const provider = makeProvider(uploaded.entry, { apiKey: 'the-key', baseUrl });
    const { prepare } = await startVendor(gemini);
    const { file, submission } = await prepare(['a']);
    expect(await provider.upload(file, submission, context())).toEqual({ fileId: 'files/one' });
    await provider.find(submission, context());
    expect(seen.map(({ url }) => url.split('?')[0])).toEqual(['/upload/v1beta/files', '/pieces', '/v1beta/batches']);
    expect(seen.every(({ url, key }) => !url.includes('the-key') && key === 'the-key')).toBe(true);
  });
});

test('a model of another collection keeps its path', async () => {
  const { provider, control } = await startVendor(gemini);
  expect(await provider.check('models/gemini-2.5-flash', context())).toBe('ok');
  expect((await control.requests('gemini.models.retrieve')).map(({ path }) => path)).toEqual([
    '/gemini/v1beta/models/gemini-2.5-flash',
  ]);
  expect(vendorEntries.gemini.settings.map(({ variable }) => variable)).toEqual(['GEMINI_API_KEY', 'GEMINI_BASE_URL']);
});
