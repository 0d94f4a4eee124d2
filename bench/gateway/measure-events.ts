// Measures the events of the gateway: how long after a batch is classified they reach a reader, and what a thousand readers hold who wait or stopped
// reading.

import { statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { tallyFile } from '../../job-folder/paths.ts';
import { request } from '../request.ts';
import { readRssMb } from '../samples.ts';
import { datasetName, type Site, withStack } from '../with-stack.ts';
import { type BenchGateway, withGateway } from './with-gateway.ts';

export interface EventFigures {
  readonly batches: number;
  /** From the end of the classification of a batch to its event at a reader, in milliseconds. */
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly readers: number;
  /** Of the gateway: without a reader, with the readers who wait for a job that stands still, and with as many who take nothing. */
  readonly restMb: number;
  readonly idleMb: number;
  readonly stoppedMb: number;
}

const rows = 20_000;
const itemsMax = 100;
const readers = 1000;
/** What a reader holds shows after a few turns of its stream. */
const settleMs = 20_000;
const setting = {
  rows,
  rowBytes: 1000,
  store: 'disk',
  threads: 'all',
  profiles: null,
  emulator: { validateMs: 100, runMs: 1900, finalizeMs: 100, answer: { bytes: 2000 } },
} as const;

export function measureEvents(): Promise<EventFigures> {
  return withStack(setting, async (site) => {
    const connection = await Connection.connect({ address: site.stack.server.address });
    try {
      const client = new Client({ connection });
      const latency = await withGateway(site, ({ url }) => measureLatency(client, site, url));
      const stopped = await withGateway(site, (gateway) => measureReaders(gateway, 'bench'));
      const paused = { ...makeJob(100), rollout: { steps: [0.1, 1], approve: true } };
      const handle = await client.workflow.start('processDataset', start('paused', paused));
      const idle = await withGateway(site, (gateway) => measureReaders(gateway, 'paused'));
      await handle.terminate();
      return { ...latency, readers, restMb: idle.beforeMb, idleMb: idle.peakMb, stoppedMb: stopped.peakMb };
    } finally {
      await connection.close();
    }
  });
}

const start = (workflowId: string, job: object) => ({ workflowId, taskQueue: 'nightshift', args: [job] as const });

const makeJob = (limit: number) => ({
  dataset: { uri: datasetName, limit },
  provider: 'openai',
  model: 'gpt-5.4-mini',
  request,
  batch: { maxItems: itemsMax, concurrency: 20 },
  poll: { initial: '1s', max: '1s' },
  minBatchItems: 0,
});

type Latency = Pick<EventFigures, 'batches' | 'medianMs' | 'p99Ms' | 'maxMs'>;

async function measureLatency(client: Client, { folder }: Site, url: string): Promise<Latency> {
  await client.workflow.start('processDataset', start('bench', { ...makeJob(rows), output: 'runs/bench/' }));
  const { body } = await fetch(`${url}/api/jobs/bench/events?items=false`);
  if (body === null) throw new Error('the gateway sends no events');
  const times: number[] = [];
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const [, wave, batch] = /^event: batch\ndata: \{"number":\d+,"wave":(\d+),"batch":(\d+)/m.exec(event) ?? [];
      if (wave === undefined) continue;
      const file = tallyFile({ output: join(folder, 'runs/bench/'), wave: Number(wave), batch: Number(batch) });
      times.push(Date.now() - statSync(file).mtimeMs);
    }
  }
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { batches: times.length, medianMs: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

/** Their sockets take nothing. The events of a job that stands still fit into the buffers of the system, those of a whole job do not. */
async function measureReaders(
  { child, url }: BenchGateway,
  job: string,
): Promise<{ readonly beforeMb: number; readonly peakMb: number }> {
  const { port, host } = new URL(url);
  const beforeMb = readRssMb(child.pid);
  const sockets: Socket[] = [];
  for (let number = 0; number < readers; number += 1) {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`GET /api/jobs/${job}/events HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    sockets.push(socket.pause());
  }
  let peakMb = 0;
  for (const end = Date.now() + settleMs; Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    peakMb = Math.max(peakMb, readRssMb(child.pid));
  }
  for (const socket of sockets) socket.destroy();
  return { beforeMb, peakMb };
}
