// The dispatcher while it takes over what the one before it knew: nothing is lost, paid twice or granted early.

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { emptyState } from '../../../domain/dispatch/state.ts';
import { makeDeclaration as from, makeLoad as load, makeNeed as need } from '../../domain/dispatch/declarations.ts';
import { until } from '../../end-to-end/crash/cell.ts';
import { devServer } from '../../support/temporal.ts';
import { LoneDispatcher, limits, type Recovered } from './lone-dispatcher.ts';

const server = devServer();
const withDispatcher = (recoverDispatcher: () => Promise<Recovered>, use: (d: LoneDispatcher) => Promise<void>) =>
  LoneDispatcher.with(server.env, { recoverDispatcher }, use);

test('a part that ends while the dispatcher recovers is paid once', async () => {
  const { promise: recovered, resolve: release } = Promise.withResolvers<Recovered>();
  await withDispatcher(
    () => recovered,
    async (d) => {
      const answer = d.declare(from('job', 2, [], { isClosed: true, spentUsd: 5 }));
      await sleep(1500);
      const before = from('job', 1, [need(0, { taken: 1, held: load(1) })]);
      const { takeDeclaration } = await import('../../../domain/dispatch/dispatch.ts');
      release({
        snapshot: takeDeclaration({ ...emptyState(Date.now()), file: limits }, before, Date.now()).state,
        asked: [],
      });
      await answer;
      // It was answered before the dispatcher took over anything.
      await until('the dispatcher has taken over', async () => (await d.state()) !== null);
      expect((await d.state()).ledger.spent['tenant:t']?.dayUsd).toBe(5);
    },
  );
}, 60_000);

test('a recovery without a state waits for all jobs that hold something', async () => {
  const ids = Array.from({ length: 30 }, (_, i) => `job-${i}`);
  const wide = { ...limits, accounts: { 'openai/default': { batches: 30 } } };
  await withDispatcher(
    async () => ({ snapshot: null, asked: ids }),
    async (d) => {
      // Together they hold all that the account has. Each asks again and again, as the activity does.
      let over = false;
      for (const id of ids) {
        void (async () => {
          for (let tries = 0; !over; tries += 1) {
            const its = from(id, 1, [need(0, { taken: 1, held: load(1) })]);
            if (
              await d.declare(its, 15_000, wide).then(
                () => true,
                () => false,
              )
            )
              return;
            await sleep(Math.min(30_000, 200 * 2 ** tries));
          }
        })();
      }
      await sleep(2_000);
      const answer = await d.declare(from('new', 1, [need(30)]), 40_000, wide).catch(() => null);
      over = true;
      expect(answer?.grants?.grants[0]?.granted ?? 0).toBe(0);
    },
  );
}, 90_000);

test('what a person sets while the dispatcher recovers is kept, and grants nothing early', async () => {
  const { promise: recovered, resolve: release } = Promise.withResolvers<Recovered>();
  await withDispatcher(
    () => recovered,
    async (d) => {
      // Any workflow that takes signals.
      const alive = await server.env.client.workflow.start('dispatch', {
        workflowId: 'alive',
        taskQueue: 'nobody',
        args: [null],
      });
      const answer = d.declare(from('alive', 1, [need(1)]));
      await sleep(1000);
      const change = d.handle().executeUpdate('setCap', { args: [{ tenant: 't', dayUsd: 3 }] });
      await sleep(500);
      const early = await d.holdings();
      release({ snapshot: { ...emptyState(Date.now()), file: limits }, asked: [] });
      expect(await change).toBe('set');
      await answer;
      const state = await d.state();
      await alive.terminate();
      expect([early.open, state.overrides.tenants.t]).toEqual([0, { dayUsd: 3 }]);
    },
  );
}, 60_000);

test('a dispatcher that ended while it recovered does not pass on an empty state', async () => {
  const { promise: recovered, resolve: release } = Promise.withResolvers<Recovered>();
  await withDispatcher(
    () => recovered,
    async (d) => {
      void d.declare(from('job', 1, [need(1)]), 3000).catch(() => undefined);
      await sleep(2000);
      await d.handle().terminate('again');
      // What `readSnapshot` of the next one reads: it has not the ledger, the overrides and the holders of the one before it.
      const snapshot = await d.state();
      release({ snapshot: null, asked: [] });
      expect(snapshot).toBeNull();
    },
  );
}, 60_000);

test('a job with the id constructor does not stop all others', async () => {
  await withDispatcher(
    async () => ({ snapshot: null, asked: [] }),
    async (d) => {
      await d.declare(from('good-1', 1, [need(1)]));
      void d.declare(from('constructor', 1, [need(1)]), 3000).catch(() => undefined);
      await sleep(1500);
      await expect(d.declare(from('good-2', 1, [need(1)]), 8000)).resolves.toMatchObject({ kind: 'told' });
    },
  );
}, 60_000);

test('a reset dispatcher is still heard', async () => {
  await withDispatcher(
    async () => ({ snapshot: null, asked: [] }),
    async (d) => {
      const { client } = server.env;
      const versions: number[] = [];
      const say = async (seq: number) => {
        const a = (await d.declare(from('job', seq, [need(1)]))) as unknown as { grants?: { version: number } };
        if (a.grants !== undefined) versions.push(a.grants.version);
      };
      for (let seq = 1; seq < 12; seq += 1) await say(seq);
      const { events } = await d.handle().fetchHistory();
      const tasks = (events ?? [])
        .filter(({ workflowTaskCompletedEventAttributes: its }) => its != null)
        .map(({ eventId }) => Number(eventId));
      await client.workflowService.resetWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: d.handle().workflowId },
        reason: 'test',
        requestId: 'r',
        workflowTaskFinishEventId: tasks[4],
        resetReapplyExcludeTypes: [1, 2],
      } as never);
      await sleep(1500);
      await say(12);
      expect(versions.at(-1)).toBeGreaterThan(versions.at(-2) ?? 0);
    },
  );
}, 60_000);
