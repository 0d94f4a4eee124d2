// Jobs that end without a word are found, however busy the dispatcher is and however many jobs are silent.

import { expect, test } from 'vitest';
import { takeDeclaration } from '../../../domain/dispatch/dispatch.ts';
import { noLimits } from '../../../domain/dispatch/limits.ts';
import { type DispatchState, emptyState } from '../../../domain/dispatch/state.ts';
import { makeDeclaration as from, makeLoad as load, makeNeed as need } from '../../domain/dispatch/declarations.ts';
import { until } from '../../end-to-end/crash/cell.ts';
import { devServer } from '../../support/temporal.ts';
import { LoneDispatcher } from './lone-dispatcher.ts';

const server = devServer();
const minuteMs = 60_000;

/** Each holds a batch, and declared one after the other, the last one so long ago. */
function makeState(holders: readonly string[], agoMs: number, change: Partial<DispatchState> = {}): DispatchState {
  const began = Date.now() - agoMs - holders.length;
  const file = { ...noLimits, accounts: { 'openai/default': { batches: 1000 } } };
  return holders.reduce<DispatchState>(
    (state, holder, index) =>
      takeDeclaration(state, from(holder, 1, [need(0, { taken: 1, held: load(1) })]), began + index).state,
    { ...emptyState(began), file, ...change },
  );
}

test(
  'a dispatcher that continues as new every few minutes still looks for them',
  () =>
    LoneDispatcher.with(server.env, { listEnded: async (holders) => holders }, async (d) => {
      const looked = { reclaimedAt: Date.now() - 11 * minuteMs };
      await d.continue(makeState(['gone'], 20 * minuteMs, looked));
      await until('what the job held is given back', async () => (await d.holdings()).open === 0);
    }),
  60_000,
);

test(
  'while a batch waits for what an ended job still holds, it is looked for within minutes',
  () =>
    LoneDispatcher.with(
      server.env,
      { listEnded: async (holders) => holders.filter((h) => h === 'gone') },
      async (d) => {
        const file = { ...noLimits, accounts: { 'openai/default': { batches: 1 } } };
        const looked = { reclaimedAt: Date.now() - minuteMs, file };
        const full = makeState(['gone'], 2 * minuteMs, looked);
        await d.continue(takeDeclaration(full, from('waits', 1, [need(1)]), Date.now()).state);
        await until('the batch is granted', async () => (await d.holdings()).waiting === 0);
        expect((await d.state()).holders['gone']).toBeUndefined();
      },
    ),
  60_000,
);

test('silent jobs that run do not hide one that has ended', () => {
  const alive = Array.from({ length: 450 }, (_, index) => `alive-${index}`);
  const listEnded = async (holders: readonly string[]) => holders.filter((holder) => holder === 'gone');
  return LoneDispatcher.with(server.env, { listEnded }, async (d) => {
    await d.continue(makeState([...alive, 'gone'], 1000));
    expect(await d.handle().executeUpdate('reclaim')).toEqual(['gone']);
    expect((await d.holdings()).holders).toBe(450);
  });
}, 60_000);

test(
  'the alerts of a run are not raised again by the next one, and each cap has its own',
  () =>
    LoneDispatcher.with(server.env, {}, async (d) => {
      const file = { ...noLimits, tenants: { t: { dayUsd: 1 } }, features: { f: { dayUsd: 1 } } };
      await d.continue(makeState([], 0, { file, alerts: ['cap tenant:t'] }));
      const its = [need(0, { taken: 1, held: load(1) })];
      await d.declare(from('job', 1, its, { sharing: { tenant: 't', feature: 'f' } }), 15_000, file as never);
      expect((await d.state()).alerts).toEqual(['cap tenant:t', 'cap feature:f']);
    }),
  60_000,
);
