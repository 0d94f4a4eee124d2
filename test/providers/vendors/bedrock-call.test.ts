// Calls of Bedrock without the emulator, which accepts any signature, and leaves nothing out of a reply.

import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { customId, itemKey } from '../../../domain/ids.ts';
import { converseEndpoint } from '../../../providers/dialects/bedrock/requests.ts';
import { vendorEntries } from '../../../providers/registry.ts';
import { bedrockProofs } from '../../../providers/vendors/bedrock/endings.ts';
import { context, describeEnd, makeProvider } from './emulated-vendor.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const keyed = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** As AWS computes it from the request that it received. */
function computeSignature({ method, url, headers }: IncomingMessage, body: string, secret: string): string {
  const [, scope = '', names = ''] =
    /Credential=[^/]+\/(\S+), SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? [];
  // Every service but S3 encodes the path once more.
  const path = (url ?? '').split('/').map(encodeURIComponent).join('/');
  const signed = names.split(';').map((name) => `${name}:${headers[name]}\n`);
  const canonical = [method, path, '', signed.join(''), names, hash(body)].join('\n');
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, hash(canonical)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((last, part) => keyed(last, part), `AWS4${secret}`);
  return keyed(key, text).toString('hex');
}

test('sends the row’s own text, signed for the account’s region, and keeps all of the reply', async () => {
  const calls: { readonly request: IncomingMessage; readonly body: string }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = await request.toArray();
    calls.push({ request, body: Buffer.concat(chunks).toString() });
    response.end('{"output":{"message":{"content":[{"text":"yo"}]}},"stopReason":"end_turn","aLaterField":1}');
  });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const baseUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const key = { accessKeyId: 'AKID', secretAccessKey: 'a secret', region: 'eu-west-1' };
  const provider = makeProvider(vendorEntries.bedrock, { ...key, baseUrl });

  const id = customId('0123abcd', itemKey('a'.repeat(24)));
  const body = '{"messages":[{"role":"user","content":[{"text":"✓"}]}],"aLaterField":12345678901234567890}';
  const line = Buffer.from(provider.encode(id, body, converseEndpoint));
  const target = { model: 'amazon.nova-lite-v1:0', endpoint: converseEndpoint };
  const answer = provider.decode(await provider.call(line, target, context()), converseEndpoint);

  expect(answer).toMatchObject({ kind: 'answer', customId: id, text: 'yo', response: { aLaterField: 1 } });
  expect(calls.map((each) => each.body)).toEqual([body]);
  const { authorization = '' } = calls[0]?.request.headers ?? {};
  expect(authorization).toContain('/eu-west-1/bedrock/aws4_request');
  const expected = calls.map(({ request }) => computeSignature(request, body, key.secretAccessKey));
  expect(authorization).toContain(`Signature=${expected[0]}`);
});

test('a job that leaves out what it answered is not taken for one that answered nothing', async () => {
  const counts = { totalRecordCount: 4, processedRecordCount: 4 };
  const server = createServer((_request, response) => {
    const job = { jobArn: 'arn:aws:bedrock:eu-west-1:1:model-invocation-job/j', status: 'Stopped', ...counts };
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(job));
  });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const baseUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  const account = { accessKeyId: 'AKID', secretAccessKey: 'a secret', region: 'eu-west-1', baseUrl };
  const provider = makeProvider(vendorEntries.bedrock, { ...account, bucket: 's3://b' }, (uri) => ({
    uri,
    put: () => Promise.reject(new Error('nothing is put')),
    list: async function* () {},
    read: async function* () {},
    remove: async () => undefined,
  }));
  const view = await provider.poll({ id: 'j', createdAt: 0, fileId: 's3://b/k/requests.jsonl' }, context());
  expect(view).toMatchObject({ ending: 'cancelled', counts: null, outputs: [] });
  expect(describeEnd(view, bedrockProofs)).toBe('not_shown');
});
