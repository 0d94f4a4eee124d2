// Sends calls to a gateway for a while, each connection one after the other, and measures how long their answers take.

import { Agent, request } from 'node:http';
import type { Added } from '../../workflows/queue/messages.ts';

export interface LoadOptions {
  /** The address of the queue's items. */
  readonly url: string;
  readonly itemsPerCall: number;
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadFigures {
  readonly calls: number;
  readonly items: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
}

const text = 'The export of the monthly report is empty since the last release, and the log shows no error. '.repeat(2);

/** Throws if an answer is not that all items are in. */
export async function sendLoad({ url, itemsPerCall, connections, seconds }: LoadOptions): Promise<LoadFigures> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  const started = performance.now();
  let items = 0;
  const send = async (): Promise<void> => {
    while (performance.now() < started + seconds * 1000) {
      const lines = Array.from({ length: itemsPerCall }, () => `{"id":"i-${items++}","text":"${text}"}\n`);
      const sentAt = performance.now();
      const { accepted } = await post(agent, url, lines.join(''));
      if (accepted !== itemsPerCall) throw new Error(`${accepted} items of ${itemsPerCall} are in`);
      times.push(performance.now() - sentAt);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, send));
  } finally {
    agent.destroy();
  }
  times.sort((one, other) => one - other);
  const share = (part: number): number => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
  return {
    calls: times.length,
    items,
    seconds: (performance.now() - started) / 1000,
    p50Ms: share(0.5),
    p99Ms: share(0.99),
    mostMs: share(1),
  };
}

function post(agent: Agent, url: string, body: string): Promise<Added> {
  const headers = { 'content-type': 'application/x-ndjson', 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const call = request(url, { agent, method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const answer = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(JSON.parse(answer));
        else reject(new Error(`the gateway answered ${response.statusCode}: ${answer}`));
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}
