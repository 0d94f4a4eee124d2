// Sends calls to a gateway for a while, each connection one after the other, and measures how long their answers take.

import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
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
  /** Calls that were sent again because the gateway said so. */
  readonly repeated: number;
}

const again: ReadonlySet<number> = new Set([429, 503]);
const againMs = 1000;
export const itemText =
  'The export of the monthly report is empty since the last release, and the log shows no error. '.repeat(2);

/** A caller that is told to send its items again does so. Throws if an answer is neither that nor that all items are in. */
export async function sendLoad({ url, itemsPerCall, connections, seconds }: LoadOptions): Promise<LoadFigures> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const times: number[] = [];
  const started = performance.now();
  let [items, repeated] = [0, 0];
  const send = async (): Promise<void> => {
    while (performance.now() < started + seconds * 1000) {
      const lines = Array.from({ length: itemsPerCall }, () => `{"id":"i-${items++}","text":"${itemText}"}\n`);
      const sentAt = performance.now();
      const done = await sendCall({ agent, url, type: 'application/x-ndjson', body: lines.join('') });
      repeated += done.repeated;
      const { added } = done;
      if (added.accepted !== itemsPerCall) throw new Error(`${added.accepted} items of ${itemsPerCall} are in`);
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
    repeated,
  };
}

interface Call {
  readonly agent: Agent;
  readonly url: string;
  readonly type: string;
  readonly body: string;
}

/** Sends the call until the gateway takes it. */
export async function sendCall(call: Call): Promise<{ readonly added: Added; readonly repeated: number }> {
  for (let repeated = 0; ; repeated += 1) {
    const added = await post(call);
    if (added !== null) return { added, repeated };
    await sleep(againMs);
  }
}

/** Null if it is to be sent again. */
function post({ agent, url, type, body }: Call): Promise<Added | null> {
  const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const call = request(url, { agent, method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const answer = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(JSON.parse(answer));
        else if (again.has(response.statusCode ?? 0)) resolve(null);
        else reject(new Error(`the gateway answered ${response.statusCode}: ${answer}`));
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}
