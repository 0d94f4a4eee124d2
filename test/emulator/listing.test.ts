// What lists show and hide: other people's batches, late ones, and other tenants' ids.
import { describe, expect, test } from 'vitest';
import {
  anthropicClient,
  chatLines,
  createFrom,
  jsonl,
  openaiClient,
  request,
  setup,
  submit,
  upload,
} from './harness.ts';

describe('a list of batches', () => {
  test('hides one own batch among 5,000 of others, and paging finds it once', async () => {
    const { openai, control, pass } = await setup();
    const own = await submit({ openai }, chatLines(1), { run: 'mine' });
    await pass(30_000);
    await control.setOptions({ list: { foreign: 5000 } });
    const ids: string[] = [];
    const mine: string[] = [];
    for await (const batch of openai.batches.list({ limit: 100 })) {
      ids.push(batch.id);
      if (batch.metadata?.run === 'mine') mine.push(batch.id);
    }
    expect([ids.length, new Set(ids).size, mine]).toEqual([5001, 5001, [own.id]]);
    expect(ids.indexOf(own.id)).toBeGreaterThan(1000);
    expect((await openai.batches.retrieve(ids[0] ?? '')).id).toBe(ids[0]);
  });

  test('does so at Anthropic, forwards and backwards', async () => {
    const { anthropic, control, pass } = await setup();
    const { id } = await anthropic.messages.batches.create({ requests: [request('a')] });
    await pass(30_000);
    await control.setOptions({ list: { foreign: 5000 } });
    const ids: string[] = [];
    for await (const batch of anthropic.messages.batches.list({ limit: 1000 })) ids.push(batch.id);
    expect([ids.length, ids.filter((one) => one === id).length]).toEqual([5001, 1]);
    const before = await anthropic.messages.batches.list({ before_id: ids[50] ?? '', limit: 20 });
    expect([before.data.map((one) => one.id), before.has_more]).toEqual([ids.slice(30, 50), true]);
  });

  test('shows a batch only after a while, newest or oldest first', async () => {
    const rig = await setup({ list: { visibleAfterMs: 5000 } });
    const first = await submit(rig, chatLines(1));
    const ids = async () => (await rig.openai.batches.list()).data.map(({ id }) => id);
    expect(await ids()).toEqual([]);
    await rig.pass(5000);
    expect(await ids()).toEqual([first.id]);
    const second = await submit(rig, chatLines(1));
    await rig.control.setOptions({ list: { visibleAfterMs: 0 } });
    expect(await ids()).toEqual([second.id, first.id]);
    await rig.control.setOptions({ list: { order: 'oldest' } });
    expect(await ids()).toEqual([first.id, second.id]);
  });

  test('refuses a limit or cursor the vendor would refuse', async () => {
    const { openai, anthropic } = await setup();
    await expect(openai.batches.list({ limit: 101 })).rejects.toMatchObject({ status: 400, param: 'limit' });
    await expect(openai.batches.list({ after: 'batch_none' })).rejects.toMatchObject({ status: 400 });
    await expect(anthropic.messages.batches.list({ limit: 1001 })).rejects.toMatchObject({ status: 400 });
  });
});

describe('the ids of one tenant', () => {
  async function twoTenants(sharedWorkspace: boolean) {
    const { emulator } = await setup({ keys: { 'sk-a': 'tenant-a', 'sk-b': 'tenant-b' }, sharedWorkspace });
    const clients = (key: string) => ({
      openai: openaiClient(emulator.openaiBaseUrl, key),
      anthropic: anthropicClient(emulator.anthropicBaseUrl, key),
    });
    const [a, b] = [clients('sk-a'), clients('sk-b')];
    const file = await upload(a.openai, jsonl(chatLines(1)));
    const batch = await createFrom(a.openai, file.id);
    const messageBatch = await a.anthropic.messages.batches.create({ requests: [request('x')] });
    return { a, b, file, batch, messageBatch };
  }

  test('do not exist for another', async () => {
    const { b, file, batch, messageBatch } = await twoTenants(false);
    const missing = { status: 404 };
    await expect(b.openai.files.retrieve(file.id)).rejects.toMatchObject(missing);
    await expect(b.openai.files.delete(file.id)).rejects.toMatchObject(missing);
    await expect(b.openai.batches.retrieve(batch.id)).rejects.toMatchObject(missing);
    await expect(b.openai.batches.cancel(batch.id)).rejects.toMatchObject(missing);
    await expect(createFrom(b.openai, file.id)).rejects.toThrow(/Cannot find file/);
    await expect(b.anthropic.messages.batches.retrieve(messageBatch.id)).rejects.toMatchObject(missing);
    expect((await b.openai.batches.list()).data).toEqual([]);
    expect((await b.anthropic.messages.batches.list()).data).toEqual([]);
  });

  test('are common in a shared workspace', async () => {
    const { b, batch, messageBatch } = await twoTenants(true);
    expect((await b.openai.batches.retrieve(batch.id)).id).toBe(batch.id);
    expect((await b.anthropic.messages.batches.list()).data[0]?.id).toBe(messageBatch.id);
  });
});
