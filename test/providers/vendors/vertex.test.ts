// What Vertex AI alone has of a provider, against the emulator and a server of buckets.

import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { OptionsInput } from '../../../emulator/faults/options.ts';
import { noBuckets } from '../../../providers/bucket.ts';
import { claudeEndpoint, embedEndpoint } from '../../../providers/dialects/vertex/requests.ts';
import { createProviders, vendorEntries } from '../../../providers/registry.ts';
import { connect } from '../../../providers/vendors/vertex/client.ts';
import { vertexProofs } from '../../../providers/vendors/vertex/endings.ts';
import { gcsServer, hasGcsServer } from '../../support/stores/gcs-server.ts';
import { catchFacts, collectLines, context, describeEnd, requireEmulated, startVendor } from './emulated-vendor.ts';

const gcs = gcsServer();
const vertex = requireEmulated('vertex');

async function listObjects(uri: string): Promise<string[]> {
  const [, bucket, prefix] = /^gs:\/\/([^/]+)\/(.*)$/.exec(uri) ?? [];
  const reply = await fetch(`http://127.0.0.1:${gcs.port}/storage/v1/b/${bucket}/o?prefix=${prefix}`);
  const { items = [] } = (await reply.json()) as { items?: { name: string }[] };
  return items.map(({ name }) => name);
}

const folderOf = (uri: string): string => uri.slice(0, uri.lastIndexOf('/') + 1);

describe.skipIf(!hasGcsServer)('a job of Vertex AI', () => {
  test('reads its rows from the account’s bucket, and its answers come from every file there', async () => {
    const { provider, prepare, submit, end } = await startVendor(vertex);
    const { file, submission, ids } = await prepare(['a', 'b', 'c', 'd']);
    const handle = await submit({ file, submission, ids });
    expect(handle.fileId).toMatch(new RegExp(`^gs://staging-\\w+/staging/${submission.key}/requests\\.jsonl$`));
    await end();
    const { outputs } = await provider.poll(handle, context());
    const lines = await collectLines(provider.download(handle, context()));
    expect(await listObjects(outputs[0] ?? '')).toHaveLength(2);
    const found = lines.map((line) => provider.decode(line, provider.defaultEndpoint));
    expect(found.map((each) => ('customId' in each ? each.customId : null)).sort()).toEqual([...ids].sort());
    expect(found.every((each) => each.kind === 'answer' && !JSON.stringify(each.response).includes('contents'))).toBe(
      true,
    );
  });

  test('leaves nothing in the bucket once it is forgotten', async () => {
    const { provider, prepare, submit, end } = await startVendor(vertex);
    const handle = await submit(await prepare(['a', 'b']));
    await end();
    await collectLines(provider.download(handle, context()));
    const folder = folderOf(handle.fileId ?? '');
    expect(await listObjects(folder)).toHaveLength(3);
    await provider.forget(handle, context());
    expect(await listObjects(folder)).toEqual([]);
  });

  test('is not taken for one without answers if the account has another bucket meanwhile', async () => {
    const { provider, makeChanged, prepare, end } = await startVendor(vertex);
    const elsewhere = makeChanged({ bucket: 'gs://elsewhere/staging' });
    const { file, submission } = await prepare(['a', 'b', 'c', 'd']);
    const { fileId } = await provider.upload(file, submission, context());
    const handle = await elsewhere.create({ fileId }, file, submission, context());
    await end();
    const wrong = { fault: 'wrong_account', ambiguous: false };
    expect(await catchFacts(elsewhere.poll(handle, context()))).toMatchObject(wrong);
    expect(await catchFacts(collectLines(elsewhere.download(handle, context())))).toMatchObject(wrong);
    expect(await catchFacts(elsewhere.forget(handle, context()))).toMatchObject(wrong);
    // With the key of another account too, the vendor finds no such job.
    const unknown = { ...handle, id: `${handle.id}0` };
    expect(await catchFacts(elsewhere.poll(unknown, context()))).toMatchObject(wrong);
    expect(await catchFacts(collectLines(elsewhere.download(unknown, context())))).toMatchObject(wrong);
    expect(await catchFacts(elsewhere.forget(unknown, context()))).toMatchObject(wrong);
    await elsewhere.cancel(handle, context());
    expect(await provider.poll(handle, context())).toMatchObject({ ending: 'completed' });
    expect(await collectLines(provider.download(handle, context()))).toHaveLength(4);
  });

  test('that was found instead of created is forgotten with its requests file too', async () => {
    const { provider, prepare, submit } = await startVendor(vertex);
    const prepared = await prepare(['a']);
    const { id, fileId } = await submit(prepared);
    expect((await provider.find(prepared.submission, context())).confirmed).toMatchObject([{ id, fileId }]);
  });

  test('of the other publisher than its endpoint is refused before anything is sent', async () => {
    const { provider, prepare, control } = await startVendor({ ...vertex, model: 'claude-haiku-4-5' });
    const { file, submission } = await prepare(['a']);
    const created = provider.create({ fileId: 'gs://x/y' }, file, submission, context());
    expect(await catchFacts(created)).toMatchObject({ fault: 'refused', ambiguous: false });
    expect(await control.requests()).toEqual([]);
  });
});

describe.skipIf(!hasGcsServer)('the end of a job', () => {
  async function endOf(batch: OptionsInput['batch'], cancelAtOnce = false) {
    const { provider, prepare, submit, end } = await startVendor(vertex, { batch });
    const handle = await submit(await prepare(['a', 'b', 'c', 'd']));
    if (cancelAtOnce) await provider.cancel(handle, context());
    await end();
    const view = await provider.poll(handle, context());
    return { view, output: describeEnd(view, vertexProofs) };
  }

  test('proves that nothing ran only if it never started, or answered nothing and names no output', async () => {
    const failed = await endOf({ failWith: { code: 'INVALID_ARGUMENT', message: 'Row 1.' } });
    expect(failed).toMatchObject({ view: { errors: [{ reason: 'invalid' }] }, output: 'nothing_ran' });
    expect((await endOf({ endAs: 'failed', requestCountsNull: true, partial: 0.5 })).output).toBe('not_shown');
    expect((await endOf({ requestCountsNull: true }, true)).output).toBe('nothing_ran');
    expect((await endOf({ endAs: 'expired', partial: 0.5 })).output).toBe('shown');
  });
});

describe('an account of Vertex AI', () => {
  const account = {
    project: 'my project',
    region: 'europe-west4',
    bucket: 'gs://b/f',
    accessToken: 't',
    baseUrl: null,
  };

  test('calls the address of its region', () => {
    expect(connect(account, noBuckets).place).toBe(
      'https://europe-west4-aiplatform.googleapis.com/v1/projects/my%20project/locations/europe-west4',
    );
    expect(connect({ ...account, region: 'global' }, noBuckets).api).toBe('https://aiplatform.googleapis.com/v1');
  });

  test('makes no call for a job that began in another region', async () => {
    const providers = createProviders({ vertex: { default: account } }, { vertex: vendorEntries.vertex });
    const elsewhere = providers.get('vertex', 'default', 'us-central1');
    const polled = elsewhere?.poll({ id: 'j', createdAt: 0, fileId: null }, context()) ?? Promise.resolve();
    expect(await catchFacts(polled)).toMatchObject({ fault: 'wrong_region' });
  });

  test('opens its folder of the bucket, however it is written', () => {
    const opened: string[] = [];
    const open = (folder: string) => {
      opened.push(folder);
      return noBuckets(folder);
    };
    const openWritten = (bucket: string) => connect({ ...account, bucket }, open).bucket();
    expect(() => openWritten('gs://b')).toThrow();
    expect(() => openWritten('gs://b/f/')).toThrow();
    expect(opened).toEqual(['gs://b/', 'gs://b/f/']);
  });
});

test.skipIf(!hasGcsServer)('a row of Claude’s is called with the version of its API', async () => {
  const { provider, prepare } = await startVendor({ ...vertex, model: 'claude-haiku-4-5' });
  const { ids } = await prepare(['x']);
  const [id] = ids;
  if (id === undefined) throw new Error('one item was prepared');
  const body = JSON.stringify(provider.buildBody({ user: 'hi', maxTokens: 9 }, claudeEndpoint));
  const line = Buffer.from(provider.encode(id, body, claudeEndpoint));
  const target = { model: 'claude-haiku-4-5', endpoint: claudeEndpoint };
  const outcome = provider.decode(await provider.call(line, target, context()), claudeEndpoint);
  expect(outcome).toMatchObject({ kind: 'answer', customId: id, finish: 'stop', model: 'claude-haiku-4-5' });
});

test.skipIf(!hasGcsServer).each([
  ['gemini-embedding-2', 'vertex.embed'],
  ['gemini-embedding-001', 'vertex.predict'],
])('a single call of %s goes to %s, and its answer is that of a batch', async (model, route) => {
  const { provider, prepare, submit, end, control } = await startVendor({ ...vertex, model });
  const prepared = await prepare(['x']);
  const [id] = prepared.ids;
  if (id === undefined) throw new Error('one item was prepared');
  const embedContentConfig = { taskType: 'RETRIEVAL_DOCUMENT', title: 'a', outputDimensionality: 8 };
  const body = JSON.stringify({ content: { parts: [{ text: 'x' }] }, embedContentConfig });
  const line = Buffer.from(provider.encode(id, body, embedEndpoint));
  const alone = await provider.call(line, { model, endpoint: embedEndpoint }, context());
  expect((await control.counts()).requests).toMatchObject({ [route]: 1 });

  await writeFile(await prepared.file.path(context().signal), `${line}\n`);
  const submission = { ...prepared.submission, endpoint: embedEndpoint };
  const handle = await submit({ ...prepared, submission });
  await end();
  const [batched = Buffer.of()] = await collectLines(provider.download(handle, context()));
  const [one, other] = [alone, batched].map((each) => provider.decode(each, embedEndpoint));
  const facts = { kind: 'answer', customId: id, value: expect.any(Array), usage: { input: expect.any(Number) } };
  expect(one).toMatchObject(facts);
  expect(other).toMatchObject({ ...facts, value: one?.kind === 'answer' ? one.value : null });
  expect(one?.kind === 'answer' && one.usage).toEqual(other?.kind === 'answer' && other.usage);
});
