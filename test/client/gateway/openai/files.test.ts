// Uploads of the vendor's own SDK: kept as they are, refused in the vendor's form, and known to their tenant alone.

import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { APIError, NotFoundError, toFile } from 'openai';
import { expect, test } from 'vitest';
import { devServer } from '../../../support/temporal.ts';
import { startGateway } from '../gateway-site.ts';
import { createBatch, frontConfig, makeLines, makeSdk, waitForEnd, withOpenai } from './openai-site.ts';

const server = devServer();
const named = (text: string, name = 'rows.jsonl') => toFile(Buffer.from(text), name);

test('a file is kept as it is, and is there until it is deleted', () =>
  withOpenai(server.env, 'files', {}, async ({ openai, stranger }) => {
    const text = `${makeLines(2)}not JSON\n`;
    const file = await openai.files.create({
      file: await named(text, 'größe.jsonl'),
      purpose: 'batch',
      expires_after: { anchor: 'created_at', seconds: 3600 },
    });
    expect(file).toMatchObject({
      object: 'file',
      filename: 'größe.jsonl',
      bytes: Buffer.byteLength(text),
      purpose: 'batch',
    });
    expect(file.expires_at).toBe(file.created_at + 3600);
    expect(await openai.files.retrieve(file.id)).toEqual(file);
    expect(await (await openai.files.content(file.id)).text()).toBe(text);
    await expect(stranger.files.content(file.id)).rejects.toBeInstanceOf(NotFoundError);
    await expect(stranger.files.delete(file.id)).rejects.toBeInstanceOf(NotFoundError);
    expect(await openai.files.delete(file.id)).toEqual({ id: file.id, object: 'file', deleted: true });
    await expect(openai.files.retrieve(file.id)).rejects.toBeInstanceOf(NotFoundError);
  }));

test('files are listed page by page, in both orders', () =>
  withOpenai(server.env, 'list', {}, async ({ openai }) => {
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      ids.unshift((await openai.files.create({ file: await named(''), purpose: 'batch' })).id);
    }
    const listed = async (order: 'asc' | 'desc'): Promise<string[]> => {
      const all: string[] = [];
      for await (const { id } of openai.files.list({ limit: 2, order })) all.push(id);
      return all;
    };
    expect(await listed('desc')).toEqual(ids);
    expect(await listed('asc')).toEqual(ids.toReversed());
    expect((await openai.files.list({ purpose: 'vision' })).data).toEqual([]);
  }));

test('a file that a batch reads is not deleted before the batch has ended', () =>
  withOpenai(server.env, 'used', {}, async ({ openai }) => {
    const batch = await createBatch(openai, makeLines(5));
    await expect(openai.files.delete(batch.input_file_id)).rejects.toThrow(
      'A batch that has not ended reads this file',
    );
    const { output_file_id: output } = await waitForEnd(openai, batch.id);
    expect(await openai.files.delete(batch.input_file_id)).toMatchObject({ deleted: true });
    expect(await openai.files.retrieve(output ?? '')).toMatchObject({ purpose: 'batch_output' });
    await expect(openai.files.delete(output ?? '')).rejects.toMatchObject({ status: 400, code: 'file_of_batch' });
  }));

const dayMs = 86_400_000;

test('what has expired is removed, and what a killed gateway left', () =>
  withOpenai(server.env, 'swept', {}, async ({ site, openai }) => {
    const add = async (seconds?: number): Promise<string> => {
      const expires = seconds === undefined ? {} : { expires_after: { anchor: 'created_at' as const, seconds } };
      return (await openai.files.create({ file: await named(makeLines(1)), purpose: 'batch', ...expires })).id;
    };
    const ids = [await add(), await add(3600), await add(2_592_000)];
    const folder = join(site.root, 'gateway/tenants/acme');
    const uploads = (): string[] => readdirSync(join(folder, 'uploads')).sort();
    const before = uploads();
    // An upload whose gateway was killed before it wrote the record, and one that was killed while it wrote.
    const [last = ''] = before.slice(-1);
    const orphan = `${last.slice(0, 14)}7000-8000-000000000000.jsonl`;
    writeFileSync(join(folder, 'uploads', orphan), 'x');
    writeFileSync(join(folder, 'uploads/.unfinished-1'), 'x');
    utimesSync(join(folder, 'uploads/.unfinished-1'), 0, 0);
    writeFileSync(join(folder, 'uploads/.unfinished-2'), 'x');
    utimesSync(join(folder, 'uploads/.unfinished-2'), 1e10, 1e10);
    // The token of the tenant was taken away.
    const config = { ...frontConfig, tokens: frontConfig.tokens?.filter(({ tenant }) => tenant !== 'acme') ?? [] };
    const later = await startGateway(site, config, { now: () => Date.now() + 2 * dayMs });
    const kept = [before[0], before[2], '.unfinished-2'].toSorted();
    await expect.poll(uploads).toEqual(kept);
    expect(readdirSync(join(folder, 'files'))).toHaveLength(2);
    expect((await openai.files.list()).data.map(({ id }) => id).toSorted()).toEqual([ids[0], ids[2]].toSorted());
    await later.drain();
    expect(later.logged).toEqual([]);
  }));

test('a reader that takes nothing is cut off', () =>
  withOpenai(server.env, 'stalled', { config: { limits: { writeSeconds: 1 } } }, async ({ gateway, openai }) => {
    // More than the two ends of a connection hold by themselves.
    const file = await openai.files.create({ file: await named(`"${'x'.repeat(30_000_000)}"\n`), purpose: 'batch' });
    const { port, host } = new URL(gateway.url);
    const socket = connect(Number(port), '127.0.0.1').pause();
    const key = openai.apiKey ?? '';
    const path = `/v1/files/${file.id}/content`;
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${key}\r\n\r\n`);
    let isCut = false;
    socket.once('error', () => {
      isCut = true;
    });
    // A socket that takes nothing learns of its end only when it writes.
    const findCut = (): boolean => {
      if (!isCut) socket.write('\r\n');
      return isCut;
    };
    await expect.poll(findCut, { timeout: 30_000 }).toBe(true);
    expect((await (await openai.files.content(file.id)).arrayBuffer()).byteLength).toBe(file.bytes);
  }));

test('an upload that is too large, cut or of another kind is refused, and leaves nothing', () =>
  withOpenai(server.env, 'limits', { config: { limits: { fileBytes: 2000 } } }, async ({ site, gateway, openai }) => {
    const refusal = async (name: string, text: string, purpose = 'batch'): Promise<unknown> => {
      const file = await named(text, name);
      return openai.files.create({ file, purpose: purpose as 'batch' }).catch((error: unknown) => error);
    };
    expect(await refusal('rows.jsonl', makeLines(50))).toMatchObject({ status: 413, code: 'file_too_large' });
    expect(await refusal('rows.csv', makeLines(1))).toMatchObject({ status: 400, code: 'invalid_file_format' });
    expect(await refusal('rows.jsonl', makeLines(1), 'vision')).toMatchObject({ status: 400, param: 'purpose' });
    expect(await uploadCut(`${gateway.url}/v1/files`, openai.apiKey ?? '')).toBe(400);
    expect((await openai.files.list()).data).toEqual([]);
    const left = readdirSync(site.root, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.jsonl'),
    );
    expect(left).toEqual([]);
  }));

test('refusals have the form of the vendor, also those of access', () =>
  withOpenai(server.env, 'refusals', {}, async ({ gateway, openai }) => {
    const sdk = makeSdk(gateway);
    sdk.apiKey = 'ns_unknown';
    const error: unknown = await sdk.batches.list().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ status: 401, code: 'invalid_api_key', requestID: expect.stringMatching(/^req_/) });
    const missing = openai.batches.create({} as never);
    await expect(missing).rejects.toMatchObject({
      status: 400,
      code: 'missing_required_parameter',
      param: 'input_file_id',
    });
  }));

/** The status of the answer to a form that ends too early. */
function uploadCut(url: string, key: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'multipart/form-data; boundary=x' };
    const sent = request(url, { method: 'POST', headers }, (response) => resolve(response.statusCode));
    sent.on('error', reject);
    sent.end('--x\r\ncontent-disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n{"custom_id"');
  });
}
