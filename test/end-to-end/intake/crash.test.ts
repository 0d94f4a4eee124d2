// Intake through a gateway while gateway, worker and server are killed at random: every item that a caller was told to be in is answered, each once.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { afterAll, expect, test } from 'vitest';
import { Queues } from '../../../client/long-lived/queues.ts';
import { startDevServer } from '../../../scripts/dev-server.ts';
import { type Child, startScript } from '../../../scripts/tools/child.ts';
import { freePort } from '../../../scripts/tools/free-port.ts';
import { Cell, until } from '../crash/cell.ts';
import { itemsPerCall, makeItems, queueJob } from '../crash/queue-items.ts';

const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-server-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const callers = 6;
const callsOfEach = 12;
const limitMs = 240_000;

const queue = {
  job: queueJob,
  flush: { items: 300, age: '3s' },
};

/** As a caller would: until it has an answer, it sends the same items again. */
async function addUntilAnswered(url: string, call: number): Promise<void> {
  const body = JSON.stringify({ items: makeItems(call), queue });
  for (;;) {
    const answer = await fetch(`${url}/api/queues/intake/items`, { method: 'POST', body }).catch(() => null);
    if (answer?.status === 200) {
      return expect(await answer.json()).toEqual({ accepted: itemsPerCall, refused: 0, refusals: [] });
    }
    if (answer !== null) expect(answer.status, await answer.text()).toBeGreaterThanOrEqual(500);
    await sleep(100);
  }
}

async function startGateway(at: Cell, port: number): Promise<Child> {
  const gateway = startScript('client/cli/main.ts', ['serve', '--port', String(port)], {
    name: 'gateway',
    logFile: join(at.root, 'gateway.log'),
    env: { ...at.env },
  });
  await gateway.waitForLine((line) => (line.includes('listens') ? line : undefined), 60_000);
  return gateway;
}

function readAnswered(root: string): string[] {
  const results = join(root, 'queues/intake/results');
  return readdirSync(results).flatMap((flush) =>
    readFileSync(join(results, flush, 'results.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line): { id: string; status: string } => JSON.parse(line))
      .map(({ id, status }) => `${id} ${status}`),
  );
}

test(
  'items that come over HTTP while gateway, worker and server are killed are answered once',
  async () => {
    const options = { headless: true, port: await freePort(), dbFilename: join(folder, 'temporal.db') };
    let server = await startDevServer(options);
    const connection = await Connection.connect({ address: server.address });
    const client = new Client({ connection });
    try {
      await Cell.with({ address: server.address, client }, 'http-intake', {}, async (at) => {
        const port = await freePort();
        let gateway = await startGateway(at, port);
        const killers = [
          () => at.replaceWorker(),
          async () => {
            await gateway.kill();
            gateway = await startGateway(at, port);
          },
          async () => {
            await server.kill();
            server = await startDevServer(options);
          },
        ];
        let isOver = false;
        const killing = (async () => {
          for (let kills = 0; !isOver; kills += 1) {
            // The times differ from run to run: what matters must not depend on them.
            await sleep(300 + Math.random() * 2500);
            await killers[kills % killers.length]?.();
          }
        })();
        try {
          const call = async (caller: number): Promise<void> => {
            for (let number = 0; number < callsOfEach; number += 1) {
              await addUntilAnswered(`http://127.0.0.1:${port}`, number * callers + caller);
              // Somebody whose answer was lost sends an old call again.
              if (number % 4 === 3) await addUntilAnswered(`http://127.0.0.1:${port}`, caller);
              // The kills fall between the calls as well as into them.
              await sleep(Math.random() * 1500);
            }
          };
          await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
        } finally {
          isOver = true;
          await killing;
          await gateway.stop();
        }
        const queues = new Queues(client, at.name);
        await until('the queue answers', async () => (await queues.flush('intake').catch(() => null)) !== null, 60_000);
        const isDone = async (): Promise<boolean> => {
          const { depth, running } = await queues.page('intake');
          return depth.items === 0 && running.length === 0;
        };
        await until('everything is answered', () => isDone().catch(() => false), limitMs / 2);
        const rows = callers * callsOfEach * itemsPerCall;
        const wanted = Array.from({ length: rows }, (_, item) => `i-${item} answered`);
        expect(readAnswered(at.root).sort()).toEqual(wanted.sort());
        expect((await at.control.counts()).billedTwice).toEqual({ byCustomId: [], byBody: [] });
      });
    } finally {
      await connection.close();
      await server.stop();
    }
  },
  limitMs,
);
