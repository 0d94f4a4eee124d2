// A message on its way to a receiver: its signature, its address, and what each answer means.

import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { postWebhook } from '../../../activities/webhook/post-webhook.ts';
import { chooseAddress, isPublicAddress, type ResolveHost } from '../../../activities/webhook/receiver.ts';
import type { Attempted } from '../../../domain/webhook/attempts.ts';
import { computeRetryDelay } from '../../../domain/webhook/attempts.ts';
import { chooseMessageTime, describeMessage, nameMessage } from '../../../domain/webhook/message.ts';
import { receiverOfEachTest, startReceiver } from '../../support/receiver.ts';
import { quietEnvironment } from '../plan/planning.ts';

const end = {
  job: 'tickets',
  run: 'r',
  state: 'completed',
  verdict: 'complete',
  answered: 2,
  failed: 0,
  usd: 0.1,
  results: 'runs/tickets/results.jsonl',
  report: null,
} as const;
const [newer, older] = [Buffer.alloc(24, 1), Buffer.alloc(24, 2)];
const whsec = (secret: Buffer): string => `whsec_${secret.toString('base64')}`;

const receiver = receiverOfEachTest();

interface World {
  readonly hosts?: readonly string[];
  readonly resolve?: ResolveHost;
  readonly secrets?: readonly Buffer[];
  readonly callMs?: number;
}

/** A date in a header has no milliseconds. */
const at = Math.floor(Date.now() / 1000) * 1000;

const post = (
  url: string,
  { hosts = ['127.0.0.1'], resolve = async () => [], secrets = [newer, older], callMs }: World = {},
): Promise<Attempted> =>
  quietEnvironment().run(() =>
    postWebhook(
      { webhooks: { secrets, allowedHosts: new Set(hosts), resolve }, now: () => at },
      describeMessage({ id: nameMessage(at, 'abcdef012345'), url, at }, 'job.ended', end),
      callMs,
    ),
  );

test('a message is verified by the library of the convention, with the new secret and with the old one', async () => {
  await post(receiver.current.url);
  const [{ headers, body } = { headers: {}, body: '' }] = receiver.current.received;
  const signed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  for (const secret of [newer, older]) {
    expect(new Webhook(whsec(secret)).verify(body, signed)).toMatchObject({
      type: 'job.ended',
      data: { job: 'tickets' },
    });
  }
  expect(() => new Webhook(whsec(Buffer.alloc(24, 3))).verify(body, signed)).toThrow();
  expect(() => new Webhook(whsec(newer)).verify(`${body} `, signed)).toThrow();
});

test('ids are in the order of time, and a job never names two messages alike', () => {
  const times = [1, 2, 255, 256, Date.UTC(2026, 0, 1), Date.UTC(2200, 0, 1)];
  const ids = times.map((time) => nameMessage(time, '00'));
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  // Three in one millisecond, and one after the clock of the server has moved back.
  const chosen: number[] = [];
  for (const now of [500, 500, 500, 400]) chosen.push(chooseMessageTime(now, chosen.at(-1) ?? 0));
  expect(chosen).toEqual([500, 501, 502, 503]);
});

test.each([
  [500, undefined, { kind: 'again', afterMs: null }],
  [302, undefined, { kind: 'again', afterMs: null }],
  [429, '120', { kind: 'again', afterMs: 120_000 }],
  [503, 'tomorrow', { kind: 'again', afterMs: null }],
  [503, new Date(at + 90_000).toUTCString(), { kind: 'again', afterMs: 90_000 }],
  [503, new Date(at - 90_000).toUTCString(), { kind: 'again', afterMs: null }],
  [503, '-5', { kind: 'again', afterMs: null }],
  [503, '9'.repeat(400), { kind: 'again', afterMs: null }],
  [410, undefined, { kind: 'gone' }],
])('an answer of %i (Retry-After %s) is tried again, or not', async (status, retryAfter, attempted) => {
  const other = await startReceiver();
  try {
    receiver.current.answer((response) => {
      const headers = retryAfter === undefined ? { location: other.url } : { 'retry-after': retryAfter };
      response.writeHead(status, headers).end('a text that nobody reads');
    });
    expect(await post(receiver.current.url)).toMatchObject({
      ...attempted,
      why: expect.stringContaining(String(status)),
    });
    expect([receiver.current.received.length, other.received.length]).toEqual([1, 0]);
  } finally {
    await other.close();
  }
});

test('a receiver that cuts the connection, or is not there, is tried again', async () => {
  receiver.current.answer((response) => response.destroy());
  expect(await Promise.all([post(receiver.current.url), post('http://127.0.0.1:1/')])).toEqual([
    { kind: 'again', why: 'it cannot be reached (ECONNRESET)', afterMs: null },
    { kind: 'again', why: 'it cannot be reached (ECONNREFUSED)', afterMs: null },
  ]);
});

test('the waits double up to a quarter of an hour, and a receiver may ask for more, up to an hour', () => {
  const waits = [1, 2, 3, 8, 9, 1000].map((attempts) => computeRetryDelay(attempts, null) / 1000);
  expect(waits).toEqual([5, 10, 20, 640, 900, 900]);
  expect([1_000, 120_000, 9_999_999].map((asked) => computeRetryDelay(1, asked) / 1000)).toEqual([5, 120, 3600]);
});

test.each([
  ['127.0.0.1', false],
  ['10.1.2.3', false],
  ['100.64.0.1', false],
  ['169.254.169.254', false],
  ['172.16.0.1', false],
  ['172.32.0.1', true],
  ['192.168.1.1', false],
  ['0.0.0.0', false],
  ['224.0.0.1', false],
  ['8.8.8.8', true],
  ['::1', false],
  ['::', false],
  ['::ffff:10.0.0.1', false],
  ['::ffff:8.8.8.8', false],
  ['64:ff9b::a00:1', false],
  ['fe80::1', false],
  ['fd00::1', false],
  ['2002:a00:1::', false],
  ['2001:db8::1', false],
  ['3fff::1', false],
  ['168.63.129.16', false],
  ['fe80::1%eth0', false],
  ['2606:4700:4700::1111', true],
  ['nothing', false],
])('%s is public: %s', (address, isPublic) => {
  expect(isPublicAddress(address)).toBe(isPublic);
});

test('a name in a private network is refused, also if it has a public address too; the address that was checked is used', async () => {
  const both = async () => [
    { address: '8.8.8.8', family: 4 },
    { address: '10.0.0.1', family: 4 },
  ];
  const url = new URL('https://internal.example/hook');
  await expect(chooseAddress(url, both, new Set())).rejects.toThrow('internal.example is in a private network');
  await expect(chooseAddress(new URL('http://[::1]:80/'), both, new Set())).rejects.toThrow(
    '::1 is in a private network',
  );
  await expect(chooseAddress(new URL('http://2130706433/'), both, new Set())).rejects.toThrow('127.0.0.1 is in');
  expect(await post(receiver.current.url, { hosts: [] })).toMatchObject({
    kind: 'again',
    why: expect.stringContaining('private'),
  });
  expect(receiver.current.received).toEqual([]);
  // The name has another address by the time of the connection: it is not looked up again.
  const { port } = new URL(receiver.current.url);
  let lookups = 0;
  const resolve = async () => {
    lookups += 1;
    return [{ address: '127.0.0.1', family: 4 }] as never[];
  };
  await post(`http://hooks.example:${port}/`, { hosts: ['hooks.example'], resolve });
  expect([lookups, receiver.current.received[0]?.headers.host]).toEqual([1, `hooks.example:${port}`]);
});
