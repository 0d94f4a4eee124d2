// A receiver of webhooks: a real HTTP server that keeps what it gets, and answers as a test says.

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach } from 'vitest';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** How it answers from now on. Default: 200. */
  answer(how: (response: ServerResponse) => void): void;
  close(): Promise<void>;
}

/** What a worker needs to tell it anything. */
export const webhookVariables = {
  NIGHTSHIFT_WEBHOOK_SECRET: `whsec_${Buffer.alloc(24, 1).toString('base64')}`,
  NIGHTSHIFT_WEBHOOK_HOSTS: '127.0.0.1',
};

/** At the top of a file: each test has its own. Read it inside of tests only. */
export function receiverOfEachTest(): { readonly current: Receiver } {
  let current: Receiver | undefined;
  beforeEach(async () => {
    current = await startReceiver();
  });
  afterEach(() => current?.close());
  return {
    get current() {
      if (current === undefined) throw new Error('the receiver is started before each test, not before');
      return current;
    },
  };
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  let how = (response: ServerResponse): void => void response.writeHead(200).end();
  const server = createServer(async (request, response) => {
    received.push({ headers: request.headers, body: await text(request) });
    how(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    answer: (next) => {
      how = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
