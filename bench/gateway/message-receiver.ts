// Takes the signed messages of jobs over HTTP, as a receiver of its own would, and notes when each came.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

export interface ReceivedEnd {
  readonly atMs: number;
  readonly job: string;
  readonly state: string;
  readonly results: string;
}

export interface MessageReceiver {
  readonly url: string;
  /** By the id of the message: one that comes again is counted and dropped. */
  readonly ends: ReadonlyMap<string, ReceivedEnd>;
  readonly repeated: () => number;
  close(): Promise<void>;
}

/** A message that is not signed by the secret, or is of another kind than the end of a job, is refused. */
export async function startMessageReceiver(secret: string): Promise<MessageReceiver> {
  const ends = new Map<string, ReceivedEnd>();
  const signer = new Webhook(secret);
  let repeated = 0;
  const take = (body: string, headers: Record<string, string>): void => {
    const atMs = performance.now();
    const { type, data } = signer.verify(body, headers) as { readonly type: string; readonly data: ReceivedEnd };
    if (type !== 'job.ended') throw new Error(`a message of another kind came: ${type}`);
    const id = headers['webhook-id'] ?? '';
    if (ends.has(id)) repeated += 1;
    else ends.set(id, { atMs, job: data.job, state: data.state, results: data.results });
  };
  const server = createServer(async (request, response) => {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    try {
      take(await text(request), headers);
      response.writeHead(204).end();
    } catch (error) {
      response.writeHead(400).end(String(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    ends,
    repeated: () => repeated,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
