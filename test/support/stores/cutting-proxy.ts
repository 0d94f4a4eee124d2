// Passes bytes between clients and a server. It cuts each connection after a number of bytes from the server, or holds a request back.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface CuttingProxy {
  readonly port: number;
  /** How many connections were cut. */
  readonly cuts: number;
  /** From now on. */
  cutAfter(bytes: number): void;
  /** Keeps the next request with this method from the server until `release`. Resolves when it has come. */
  hold(method: RegExp): Promise<void>;
  release(): void;
}

interface Held {
  readonly method: RegExp;
  readonly come: () => void;
  readonly released: Promise<void>;
}

export async function startCuttingProxy(serverPort: number): Promise<CuttingProxy> {
  let bytesMax = Number.POSITIVE_INFINITY;
  let cuts = 0;
  let next: Held | null = null;
  let release = (): void => undefined;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1');
    let left = bytesMax;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', async (chunk: Buffer) => {
      const held = next?.method.test(chunk.toString('latin1')) ? next : null;
      if (held !== null) {
        next = null;
        client.pause();
        held.come();
        await held.released;
        client.resume();
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      client.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left > 0) return;
      cuts += 1;
      client.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    get cuts() {
      return cuts;
    },
    cutAfter(bytes) {
      bytesMax = bytes;
    },
    hold(method) {
      const come = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      next = { method, come: come.resolve, released: released.promise };
      release = released.resolve;
      return come.promise;
    },
    release: () => release(),
  };
}
