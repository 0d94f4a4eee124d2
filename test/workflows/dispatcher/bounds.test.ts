// The dispatcher stays small for ever: it continues as a new run before its history is long, and takes no more holders than its state has place
// for.

import { expect, test } from 'vitest';
import { takeDeclaration } from '../../../domain/dispatch/dispatch.ts';
import { noLimits } from '../../../domain/dispatch/limits.ts';
import { type DispatchState, emptyState } from '../../../domain/dispatch/state.ts';
import { dispatcherId } from '../../../domain/ids.ts';
import type { JobStatus } from '../../../domain/progress/status.ts';
import { makeDeclaration as from, makeLoad as load, makeNeed as need } from '../../domain/dispatch/declarations.ts';
import { until } from '../../end-to-end/crash/cell.ts';
import { devServer } from '../../support/temporal.ts';
import { findDispatcher, withDispatchedSite, writeConfig } from './dispatched-site.ts';
import { LoneDispatcher } from './lone-dispatcher.ts';

const server = devServer();
const file = { ...noLimits, accounts: { 'openai/default': { batches: 3 } } };

test(
  'a dispatcher continues as a new run, and jobs that declare meanwhile lose nothing',
  () =>
    LoneDispatcher.with(server.env, {}, async (d) => {
      const ids = ['a', 'b', 'c', 'd'];
      const count = async (): Promise<number> => (await d.handle().fetchHistory()).events?.length ?? 0;
      /** The dispatcher may refuse while it continues. A job tries again. */
      const declare = async (...of: Parameters<typeof from>): Promise<void> => {
        await until('an answer', () =>
          d.declare(from(...of), 15_000, file).then(
            () => true,
            () => false,
          ),
        );
      };
      for (const id of ids) await declare(id, 1, [need(1)], { sharing: { tenant: id } });
      const { runId } = await d.handle().describe();
      // Events like any others, and cheaper than declarations.
      while ((await count()) < 3_900) {
        await Promise.all(Array.from({ length: 200 }, () => d.handle().signal('nobody takes this')));
      }
      expect((await d.handle().describe()).runId).toBe(runId);
      let seq = 2;
      const isNew = async (): Promise<boolean> => (await d.handle().describe()).runId !== runId;
      for (; !(await isNew()); seq += 1) {
        const its = [need(0, { taken: 1, held: load(1) })];
        await Promise.all(
          ids.slice(0, 3).map((id) => declare(id, seq, its, { spentUsd: seq, sharing: { tenant: id } })),
        );
      }
      await declare('a', seq, [], { isClosed: true, spentUsd: 99, sharing: { tenant: 'a' } });
      const { holders, open, waiting, grants, owners } = await d.holdings();
      expect({ holders, open, waiting, grants }).toEqual({ holders: 3, open: 3, waiting: 0, grants: 4 });
      expect(owners.find(({ owner }) => owner === 'tenant:a')?.dayUsd).toBe(99);
      expect(await count()).toBeLessThan(200);
    }),
  120_000,
);

/** So many that their declarations are larger than 256 KB. */
function fillState(): DispatchState {
  const holders: Record<string, DispatchState['holders'][string]> = {};
  const { state } = takeDeclaration({ ...emptyState(0), file }, from('job', 1, [need(1)]), 0);
  const [holder] = Object.values(state.holders);
  if (holder === undefined) throw new Error('there is no holder');
  for (let index = 0; JSON.stringify(holders).length < 256 * 1024; index += 1) {
    holders[`job-${String(index).padStart(4, '0')}`] = holder;
  }
  return { ...state, holders };
}

test(
  'with 256 KB of declarations, new jobs are to ask later, and known ones are answered',
  () =>
    LoneDispatcher.with(server.env, {}, async (d) => {
      const full = fillState();
      await d.continue({ ...full, digest: 'x' });
      expect(await d.declare(from('new', 1, [need(1)]))).toEqual({ kind: 'later' });
      expect((await d.state()).holders['new']).toBeUndefined();
      expect(await d.declare(from('urgent', 1, [need(1)], { sharing: { priority: 1 } }))).toMatchObject({
        kind: 'told',
      });
      expect(await d.declare(from('job-0001', 2, [], { isClosed: true }))).toMatchObject({ kind: 'nothing' });
      for (const id of ['job-0002', 'job-0003', 'urgent']) await d.declare(from(id, 2, [], { isClosed: true }));
      expect(await d.declare(from('new', 2, [need(1)]))).toMatchObject({ kind: 'told' });
    }),
  60_000,
);

test(
  'a job that finds no place says so, asks again, and runs when there is one',
  () =>
    withDispatchedSite(
      server,
      { validateMs: 20, runMs: 400, finalizeMs: 20, variables: writeConfig({ limits: {} }) },
      async (site) => {
        await findDispatcher(server)
          .terminate('the test begins')
          .catch(() => undefined);
        const options = { workflowId: dispatcherId, taskQueue: site.name, args: [fillState()] };
        await site.client.workflow.start('dispatch', options);
        const poll = { initial: '200ms', max: '500ms' };
        const handle = await site.start(site.openaiJob(10, { minBatchItems: 1, poll }), 'late');
        const readReasons = async (): Promise<readonly unknown[]> =>
          (await handle.query<JobStatus, []>('status')).capacity.map(({ reason }) => reason);
        const reason = 'the dispatcher has no place for another job: it is asked again every 30 s';
        await until('why it waits', async () => (await readReasons()).includes(reason));
        // Of all those in the state, no workflow runs.
        await findDispatcher(server).executeUpdate('reclaim');
        expect(await handle.result()).toMatchObject({ verdict: 'complete', rows: { answered: 10 } });
      },
    ),
  120_000,
);
