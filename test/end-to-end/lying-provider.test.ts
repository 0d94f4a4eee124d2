// A provider that is late, short or wrong about its batches: no item is sent again without proof that it did not run.

import { expect, test } from 'vitest';
import type { JobReport } from '../../domain/report/report.ts';
import { Cell, until } from './crash/cell.ts';
import { realServer } from './server.ts';

const server = realServer();

const rows = 200;

async function expectPaidOnce(at: Cell): Promise<void> {
  const { billedTwice, acrossLanes } = await at.control.counts();
  expect(billedTwice).toEqual({ byCustomId: [], byBody: [] });
  expect(acrossLanes).toEqual([]);
}

test.concurrent(
  'OpenAI says `completed` and names the output some seconds later: it is waited for',
  () =>
    Cell.with(server, 'late-output', { emulator: { batch: { outputShownAfterMs: 4000 } } }, async (at) => {
      const report: JobReport = await (await at.start(at.openaiJob(rows))).result();
      await at.expectComplete(report, rows, 2);
    }),
  120_000,
);

test.concurrent(
  'the errors of a batch are named later than its output: they are waited for, too',
  () =>
    Cell.with(
      server,
      'late-errors',
      { emulator: { itemErrors: { rate500: 0.2, failTimes: 1 }, batch: { errorsShownAfterMs: 4000 } } },
      async (at) => {
        const report: JobReport = await (await at.start(at.openaiJob(rows))).result();
        await at.expectComplete(report, rows, null);
      },
    ),
  120_000,
);

test.concurrent(
  'a batch fails after half of it ran: what it finished is read, and only the rest is sent again',
  () =>
    Cell.with(
      server,
      'failed-half',
      { emulator: { batch: { endAs: 'failed', partial: 0.5, applyTo: { batches: [1] } } } },
      async (at) => {
        const report: JobReport = await (await at.start(at.openaiJob(rows))).result();
        await expectPaidOnce(at);
        const { answered, failed } = report.rows;
        expect(answered + failed).toBe(rows);
        // The provider states no reason that proves what did not run: those items are in doubt, and stay there.
        expect(report.errorsByReason).toEqual(failed === 0 ? {} : { in_doubt: failed });
        expect(failed).toBeLessThanOrEqual(50);
      },
    ),
  150_000,
);

test.concurrent.each([
  ['whose size is stated', false],
  ['whose size is not stated', true],
] as const)(
  'a download that is cut off cleanly, again and again, of a file %s, proves nothing',
  (_size, fileBytesNull) =>
    Cell.with(
      server,
      `cut-${fileBytesNull ? 'unsized' : 'sized'}`,
      {
        emulator: {
          fileBytesNull,
          truncateBody: { route: 'openai.files.content', afterBytes: 5000, withLength: false, times: 4 },
        },
      },
      async (at) => {
        const report: JobReport = await (await at.start(at.openaiJob(100))).result();
        await at.expectComplete(report, 100, 1);
      },
    ),
  150_000,
);

test.concurrent(
  'items whose line the provider dropped are sent again once, and counted as paid without an answer',
  () =>
    Cell.with(server, 'dropped', { emulator: { itemErrors: { dropped: 0.1, failTimes: 1 } } }, async (at) => {
      const report: JobReport = await (await at.start(at.openaiJob(rows))).result();
      expect(report).toMatchObject({ verdict: 'complete', rows: { answered: rows } });
      const { billedTwice, billedWithoutLine } = await at.control.counts();
      expect(billedWithoutLine).toBeGreaterThan(0);
      expect(billedTwice.byBody.length).toBeLessThanOrEqual(billedWithoutLine);
      expect(report.anomalies.paidWithoutAnswer).toBe(billedWithoutLine);
    }),
  120_000,
);

test.concurrent(
  'a lost reply, then a pause, then an upload that is refused: the batch is found before anything is given back',
  () =>
    Cell.with(server, 'lost-then-refused', { emulator: { runMs: 2000 } }, async (at) => {
      await at.control.setOptions({ loseReply: { route: 'openai.batches.create', times: 1, how: 'reset' } });
      const handle = await at.start(at.openaiJob(100));
      await until('the batch is created', async () => (await at.control.counts()).batchesCreated === 1);
      await handle.executeUpdate('pause');
      await at.control.setOptions({ calls: { 'openai.files.create': { status: 400 } } });
      await handle.executeUpdate('resume');
      await at.expectComplete((await handle.result()) as JobReport, 100, 1);
    }),
  120_000,
);
