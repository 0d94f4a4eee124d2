// The hardest case of paying once: identical batches at a provider that stores no submission key, and every create's reply lost.

import { expect, test } from 'vitest';
import { realServer } from '../server.ts';
import { Cell } from './cell.ts';

const server = realServer();

const jobs = 10;
const rows = 60;

/** Another person's batch of the same size in the same workspace. */
async function strangersBatch(at: Cell): Promise<void> {
  const requests = Array.from({ length: rows }, (_, index) => ({
    custom_id: `stranger-${index}`,
    params: { model: 'claude-haiku-4-5', max_tokens: 16, messages: [{ role: 'user', content: 'hello' }] },
  }));
  const reply = await fetch(`${at.env.ANTHROPIC_BASE_URL}/v1/messages/batches`, {
    method: 'POST',
    headers: { 'x-api-key': 'stranger', 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
    body: JSON.stringify({ requests }),
  });
  expect(reply.status).toBe(200);
}

test.concurrent.each(['reset', '502', 'timeout'] as const)(
  "ten identical Anthropic batches beside a stranger's: every reply is lost (%s), each is found again and none is made twice",
  (how) =>
    Cell.with(
      server,
      `lost-${how}`,
      { emulator: { sharedWorkspace: true, runMs: 3000, list: { foreign: 250, visibleAfterMs: 500 } } },
      async (at) => {
        await strangersBatch(at);
        await at.control.setOptions({ loseReply: { route: 'anthropic.batches.create', times: jobs, how } });
        const job = at.anthropicJob(rows);
        const names = Array.from({ length: jobs }, (_, index) => `${at.name}-${index}`);
        const handles = await Promise.all(names.map((name) => at.start(job, name)));
        for (const [index, handle] of handles.entries()) {
          const report = await handle.result();
          expect(report).toMatchObject({
            verdict: 'complete',
            rows: { answered: rows },
            anomalies: { twinBatches: 0 },
          });
          expect(at.results(names[index])).toHaveLength(rows);
        }
        const counts = await at.control.counts();
        expect(counts.batchesCreated).toBe(jobs + 1);
        expect(counts.billedTwice.byCustomId).toEqual([]);
      },
    ),
  120_000,
);
