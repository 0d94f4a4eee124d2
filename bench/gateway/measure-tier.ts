// Measures the asynchronous tier: items come at a steady rate over HTTP, a queue with a short age sends them through the realtime lane, and a receiver
// is told where their answers are.

import { createReadStream } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { Nightshift } from '../../client/nightshift.ts';
import { request } from '../request.ts';
import { type Site, withStack } from '../with-stack.ts';
import { type AnsweredFlush, type AnswerTimes, measureAnswers } from './answer-times.ts';
import { itemText, sendCall } from './load.ts';
import { type MessageReceiver, startMessageReceiver } from './message-receiver.ts';
import { withGateway } from './with-gateway.ts';

export interface TierFigures extends AnswerTimes {
  readonly items: number;
  /** How long items came. */
  readonly seconds: number;
  readonly flushes: number;
  /** As the queue itself reports them. */
  readonly lateItems: number;
  readonly longestMs: number;
  /** Calls that the gateway asked for again, and messages that came again. */
  readonly repeatedCalls: number;
  readonly repeatedMessages: number;
}

const itemsPerSecond = 50;
const itemsPerCall = 10;
const callMs = 1000;
/** The lower end of what the tier promises. */
const sla = '5m';
const flushAge = '60s';
const concurrency = 100;
/** After the last call: the age of a flush, its calls, and as much again. */
const waitMs = 10 * 60_000;
const lookMs = 500;
const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

const setting = {
  rows: 1,
  rowBytes: 200,
  store: 'disk',
  threads: 'all',
  profiles: null,
  emulator: { latencyMs: callMs },
  workerEnv: { NIGHTSHIFT_WEBHOOK_SECRET: secret, NIGHTSHIFT_WEBHOOK_HOSTS: '127.0.0.1' },
} as const;

export function measureTier(seconds: number): Promise<TierFigures> {
  return withStack(setting, (site) =>
    withGateway(site, async ({ url }) => {
      const receiver = await startMessageReceiver(secret);
      const connection = await Connection.connect({ address: site.stack.server.address });
      try {
        return await measure(new Nightshift(new Client({ connection })), site, receiver, { url, seconds });
      } finally {
        await connection.close();
        await receiver.close();
      }
    }),
  );
}

async function measure(
  jobs: Nightshift,
  site: Site,
  receiver: MessageReceiver,
  { url, seconds }: { readonly url: string; readonly seconds: number },
): Promise<TierFigures> {
  const queue = {
    job: {
      provider: 'openai',
      model: 'gpt-5.4-mini',
      mode: 'realtime',
      realtime: { concurrency },
      request,
      webhook: { url: receiver.url },
    },
    flush: { age: flushAge, items: 50_000 },
    sla,
    output: `${site.store.root}queue/`,
  };
  const { sent, repeated } = await sendSteadily(`${url}/api/queues/bench/items`, queue, seconds);
  await untilAllTold(receiver, sent.size, site);
  const { totals, longestMs } = await jobs.queues.page('bench');
  const flushes = await Promise.all([...receiver.ends.values()].map((end) => readFlush(site, end)));
  return {
    ...measureAnswers(sent, flushes),
    items: sent.size,
    seconds,
    flushes: flushes.length,
    lateItems: totals.late ?? 0,
    longestMs: longestMs ?? 0,
    repeatedCalls: repeated,
    repeatedMessages: receiver.repeated(),
  };
}

interface Sent {
  /** When the call with each item began, on this process's clock. */
  readonly sent: ReadonlyMap<string, number>;
  readonly repeated: number;
}

/** A call is made when its time has come, whether the calls before it are answered or not. The first one opens the queue. */
async function sendSteadily(url: string, queue: object, seconds: number): Promise<Sent> {
  const agent = new Agent({ keepAlive: true });
  const sent = new Map<string, number>();
  let repeated = 0;
  const send = async (items: readonly object[], more: object): Promise<void> => {
    const call = { agent, url, type: 'application/json', body: JSON.stringify({ items, ...more }) };
    const done = await sendCall(call);
    repeated += done.repeated;
    if (done.added.accepted !== items.length) throw new Error(`${done.added.accepted} items of ${items.length} are in`);
  };
  const next = (): readonly object[] => {
    const at = performance.now();
    return Array.from({ length: itemsPerCall }, () => {
      const id = `i-${sent.size}`;
      sent.set(id, at);
      return { id, text: itemText };
    });
  };
  try {
    await send(next(), { queue });
    const started = performance.now();
    const calls: Promise<void>[] = [];
    for (let call = 0; call < (seconds * itemsPerSecond) / itemsPerCall; call += 1) {
      const dueMs = started + (call * itemsPerCall * 1000) / itemsPerSecond - performance.now();
      if (dueMs > 0) await sleep(dueMs);
      calls.push(send(next(), {}));
    }
    await Promise.all(calls);
  } finally {
    agent.destroy();
  }
  return { sent, repeated };
}

async function untilAllTold(receiver: MessageReceiver, items: number, site: Site): Promise<void> {
  const end = performance.now() + waitMs;
  for (let told = 0, known = 0; told < items; ) {
    if (performance.now() > end) throw new Error(`messages have come about ${told} of ${items} items`);
    await sleep(lookMs);
    if (receiver.ends.size === known) continue;
    known = receiver.ends.size;
    const flushes = await Promise.all([...receiver.ends.values()].map((each) => readFlush(site, each)));
    told = flushes.reduce((sum, { ids }) => sum + ids.length, 0);
  }
}

async function readFlush(
  { folder }: Site,
  {
    atMs,
    results,
    job,
    state,
  }: { readonly atMs: number; readonly results: string; readonly job: string; readonly state: string },
): Promise<AnsweredFlush> {
  if (state !== 'completed') throw new Error(`${job} is ${state}`);
  const ids: string[] = [];
  for await (const line of createInterface({ input: createReadStream(join(folder, results)) })) {
    const { id, status } = JSON.parse(line);
    if (status !== 'answered') throw new Error(`${id} is ${status}`);
    ids.push(id);
  }
  return { atMs, ids };
}
