// Two jobs share the requests a minute of one model, on a real server: the provider refuses no call, and the second job need not wait until
// the first one is done.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emptyState } from '../../../domain/dispatch/state.ts';
import { dispatcherId } from '../../../domain/ids.ts';
import type { JobStatus } from '../../../domain/progress/status.ts';
import { devServer } from '../../support/temporal.ts';
import type { Site } from '../site.ts';
import { findDispatcher, readPage, results, withDispatchedSite, writeConfig } from './dispatched-site.ts';

const server = devServer();
const model = 'gpt-5.4-mini';
const rpm = 240;
const [long, short] = [270, 20];

/** The provider and the dispatcher have the same limit. */
const withLanes = (use: (site: Site) => Promise<void>): Promise<void> => {
  const limits = { openai: { default: { models: { [model]: { rpm } } } } };
  return withDispatchedSite(server, { sync: { rpm }, variables: writeConfig({ limits }) }, use);
};

test(
  'no call is refused, although each job alone would use the whole rate',
  () =>
    withLanes(async (site) => {
      const job = site.openaiJob(long, { mode: 'realtime' });
      const first = await site.start(job, 'long');
      const rows = readFileSync(join(site.root, 'rows.jsonl'), 'utf8').split('\n');
      writeFileSync(join(site.root, 'short.jsonl'), rows.slice(0, short).join('\n'));
      const second = await site.start({ ...job, dataset: 'short.jsonl', output: 'short' }, 'short');
      const [ofFirst, ofSecond] = await results([first, second]);
      expect(ofFirst).toMatchObject({ verdict: 'complete', rows: { answered: long } });
      expect(ofSecond).toMatchObject({ verdict: 'complete', rows: { answered: short } });
      expect(Date.parse(ofSecond?.endedAt ?? '')).toBeLessThan(Date.parse(ofFirst?.endedAt ?? ''));
      const { rates, billedTwice } = await site.control.counts();
      expect(billedTwice.byCustomId).toEqual([]);
      expect(rates).toMatchObject([{ refused: 0 }]);
      expect(rates[0]?.peak).toBeLessThanOrEqual(rpm);
      expect((await readPage(server)).lanes).toMatchObject([{ account: 'openai/default', model, rpm }]);
    }),
  240_000,
);

test(
  'a lane says why it waits, and continues after a limit of 0, and with a dispatcher that does not know it',
  () =>
    withLanes(async (site) => {
      const job = await site.start(site.openaiJob(long, { mode: 'realtime' }));
      const setRpm = (value: number): Promise<string> =>
        findDispatcher(server).executeUpdate('setLimits', { args: [{ provider: 'openai', model, rpm: value }] });
      const describe = ({ capacity }: JobStatus): string => capacity.map(({ reason = '' }) => reason).join();
      await site.untilStatus('some answers', ({ items }) => items.answered > 0 || items.underWay > 0, 200);
      await setRpm(0);
      const why = `the limit of the realtime lanes of ${model} is 0`;
      await site.untilStatus('the reason', (status) => describe(status) === why, 1_000);
      await setRpm(rpm);
      await site.untilStatus('no reason', (status) => describe(status) === '', 1_000);
      // As after a failover that lost what the job had declared.
      const { file, digest } = await findDispatcher(server).query<{ file: unknown; digest: string }>('snapshot');
      await findDispatcher(server).terminate('it forgets the job');
      const state = { ...emptyState(Date.now()), file, digest };
      const options = { workflowId: dispatcherId, taskQueue: site.name, args: [state] };
      await site.client.workflow.start('dispatch', options);
      const [report] = await results([job]);
      expect(report).toMatchObject({ verdict: 'complete', rows: { answered: long } });
      const { rates, billedTwice } = await site.control.counts();
      expect(billedTwice.byCustomId).toEqual([]);
      expect(rates).toMatchObject([{ refused: 0 }]);
      expect(rates[0]?.peak).toBeLessThanOrEqual(rpm);
    }),
  360_000,
);
