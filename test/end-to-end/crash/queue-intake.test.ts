// Intake into a queue while worker and server are killed at random: every item that a caller was told to be in is answered, each once.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { afterAll, expect, test } from 'vitest';
import { Queues } from '../../../client/long-lived/queues.ts';
import { startDevServer } from '../../../scripts/dev-server.ts';
import { freePort } from '../../../scripts/tools/free-port.ts';
import { Cell, until } from './cell.ts';
import { itemsPerCall, makeItems, queueJob } from './queue-items.ts';

const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-server-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const calls = 60;
const rows = calls * itemsPerCall;
const limitMs = 240_000;

const queueFile = {
  job: queueJob,
  flush: { items: 200, age: '3s' },
};

/** As a caller would: until it has an answer, it sends the same items again. */
async function addUntilAnswered(queues: Queues, call: number): Promise<void> {
  for (;;) {
    const added = await queues.add('intake', { items: makeItems(call) }, queueFile).catch(() => null);
    if (added !== null) return expect(added).toEqual({ accepted: itemsPerCall, refused: 0, refusals: [] });
    await sleep(200);
  }
}

function readAnswered(root: string): string[] {
  const results = join(root, 'queues/intake/results');
  return readdirSync(results).flatMap((flush) => {
    const lines = readFileSync(join(results, flush, 'results.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    return lines
      .map((line): { id: string; status: string } => JSON.parse(line))
      .map(({ id, status }) => `${id} ${status}`);
  });
}

test(
  'items that come while worker and server are killed are answered once',
  async () => {
    const port = await freePort();
    const options = { headless: true, port, dbFilename: join(folder, 'temporal.db') };
    let server = await startDevServer(options);
    const connection = await Connection.connect({ address: server.address });
    const client = new Client({ connection });
    try {
      await Cell.with({ address: server.address, client }, 'queue-intake', {}, async (at) => {
        const queues = new Queues(client, at.name);
        let isOver = false;
        const killing = (async () => {
          for (let kills = 0; !isOver; kills += 1) {
            // The times differ from run to run: what matters must not depend on them.
            await sleep(1500 + Math.random() * 3000);
            if (kills % 3 === 2) {
              await server.kill();
              server = await startDevServer(options);
            } else {
              await at.replaceWorker();
            }
          }
        })();
        for (let call = 0; call < calls; call += 3) {
          await Promise.all([call, call + 1, call + 2].map((each) => addUntilAnswered(queues, each)));
          // Somebody whose answer was lost sends an old call again.
          await addUntilAnswered(queues, Math.floor(Math.random() * call));
        }
        isOver = true;
        await killing;
        await until('the queue answers', async () => (await queues.flush('intake').catch(() => null)) !== null, 60_000);
        const isDone = async (): Promise<boolean> => {
          const { depth, running } = await queues.page('intake');
          return depth.items === 0 && running.length === 0;
        };
        await until('everything is answered', () => isDone().catch(() => false), limitMs / 2);
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
