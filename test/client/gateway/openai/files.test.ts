// Uploads of the vendor's own SDK: kept as they are, refused in the vendor's form, and known to their tenant alone.

import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { APIError, NotFoundError, toFile } from 'openai';
import { expect, test } from 'vitest';
import { devServer } from '../../../support/temporal.ts';
import { createBatch, makeLines, makeSdk, waitForEnd, withOpenai } from './openai-site.ts';

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
