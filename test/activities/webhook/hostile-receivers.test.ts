// Receivers that mean harm, or are broken: none holds a worker, leads it into a private network, or ends the retries of its message.

import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { postWebhook } from '../../../activities/webhook/post-webhook.ts';
import type { ResolveHost } from '../../../activities/webhook/receiver.ts';
import type { Attempted } from '../../../domain/webhook/attempts.ts';
import { findUrlProblem } from '../../../input/receiver-url.ts';
import { quietEnvironment } from '../plan/planning.ts';

const opened: Server[] = [];
const sockets = new Set<Socket>();

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(opened.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** A receiver below HTTP: it does with each connection what a test says. Returns its address. */
async function listen(onSocket: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  opened.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `127.0.0.1:${address.port}`;
}

interface World {
  readonly hosts?: readonly string[];
  readonly resolve?: ResolveHost;
  readonly secrets?: readonly Buffer[];
  /** Only for a receiver that never answers: a busy machine may need seconds for any other. */
  readonly callMs?: number;
}

const post = (
  url: string,
  { hosts = ['127.0.0.1'], resolve = async () => [], secrets = [Buffer.alloc(24, 1)], callMs }: World = {},
): Promise<Attempted> =>
  quietEnvironment().run(() =>
    postWebhook(
      { webhooks: { secrets, allowedHosts: new Set(hosts), resolve }, now: Date.now },
      { id: 'msg_1', url, body: '{}' },
      callMs,
    ),
  );

const again = (why: string): object => ({ kind: 'again', why: expect.stringContaining(why), afterMs: null });

/** Sends one piece after the other, for as long as the connection is open. */
function drip(socket: Socket, first: string, piece: string): void {
  socket.write(first);
  const timer = setInterval(() => socket.write(piece), 10);
  socket.on('close', () => clearInterval(timer));
}

test.each([
  ['that is silent', () => undefined],
  ['that stops in the middle of a header', (socket: Socket) => void socket.write('HTTP/1.1 200 OK\r\nconte')],
  ['that sends a header byte by byte', (socket: Socket) => drip(socket, 'HTTP/1.1 200 OK\r\nx: ', 'x')],
  ['that only says it will answer', (socket: Socket) => drip(socket, '', 'HTTP/1.1 103 Early Hints\r\n\r\n')],
])('a receiver %s is left after the time of a call', async (_, onSocket) => {
  expect(await post(`http://${await listen(onSocket)}/`, { callMs: 200 })).toEqual(again('no answer within'));
});

test.each([
  ['no HTTP', 'hello\r\n\r\n', 'HPE_INVALID_CONSTANT'],
  ['endless headers', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}`, 'HPE_HEADER_OVERFLOW'],
  ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', 'answered 101'],
])('a receiver that answers with %s is tried again', async (_, bytes, why) => {
  expect(await post(`http://${await listen((socket) => socket.end(bytes))}/`)).toEqual(again(why));
});

test('no more of an answer is read than its head', async () => {
  let written = 0;
  const closed = Promise.withResolvers<void>();
  const host = await listen((socket) => {
    const gigabyte = 1e9;
    const chunk = Buffer.alloc(64 * 1024, 'x');
    socket.on('close', () => closed.resolve());
    socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${gigabyte}\r\n\r\n`);
    const pour = (): void => {
      while (written < gigabyte) {
        written += chunk.length;
        if (!socket.write(chunk)) return void socket.once('drain', pour);
      }
    };
    pour();
  });
  expect(await post(`http://${host}/`)).toEqual({ kind: 'taken' });
  await closed.promise;
  expect(written).toBeLessThan(100e6);
});

test('a receiver whose certificate nobody knows, or that has none, is tried again, and the reason is named', async () => {
  const host = await listen((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
  expect(await post(`https://${host}/`)).toEqual(again('it cannot be reached (E'));
});

test('a name that is not found is tried again, and given up in the end as any other', async () => {
  const resolve = async (): Promise<never> => {
    throw Object.assign(new Error('getaddrinfo ENOTFOUND gone.example'), { code: 'ENOTFOUND' });
  };
  expect(await post('https://gone.example/', { resolve })).toEqual(
    again('gone.example cannot be looked up (ENOTFOUND)'),
  );
  expect(await post('https://empty.example/')).toEqual(again('empty.example has no address'));
});

test('a worker that has lost its secret sends nothing without a signature', async () => {
  let connections = 0;
  const host = await listen(() => {
    connections += 1;
  });
  expect(await post(`http://${host}/`, { secrets: [] })).toEqual(again('no secret'));
  expect(connections).toBe(0);
});

test.each([
  'http://0.0.0.0/',
  'http://[::]/',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[64:ff9b::127.0.0.1]/',
  'http://2130706433/',
  'http://0177.0.0.1/',
  'http://0x7f.1/',
  'http://127.1/',
  'http://127.0.0.1./',
  'http://169.254.169.254/',
  'http://[fd00:ec2::254]/',
])('%s is a private network, however it is written', async (url) => {
  expect(await post(url, { hosts: [] })).toEqual(again('is in a private network'));
});

test('a name whose address changes between the check and the connection leads nowhere else', async () => {
  let connections = 0;
  const host = await listen((socket) => {
    connections += 1;
    socket.end('HTTP/1.1 200 OK\r\n\r\n');
  });
  const port = host.split(':')[1];
  let lookups = 0;
  const resolve: ResolveHost = async () => {
    lookups += 1;
    // An address for tests, at which nobody answers, but public to the check; then this machine.
    return [{ address: lookups === 1 ? '240.0.0.1' : '127.0.0.1', family: 4 }];
  };
  expect(await post(`http://changing.example:${port}/`, { hosts: ['changing.example'], resolve })).toMatchObject({
    kind: 'again',
  });
  expect([lookups, connections]).toEqual([1, 0]);
});

test.each([
  ['https://user:secret@example.com/', 'a user or a password'],
  ['https://user@example.com/', 'a user or a password'],
  ['https://example.com:0/', 'port 0'],
  ['https://example.com:99999/', 'an address'],
  [`https://example.com/${'x'.repeat(2048)}`, 'at most 2048'],
  ['file:///etc/passwd', 'an address'],
  ['gopher://example.com/', 'an address'],
  ['//example.com/', 'an address'],
])('%s is refused as the address of a receiver', (url, problem) => {
  expect(findUrlProblem(url)).toContain(problem);
});
