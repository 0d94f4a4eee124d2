// Two jobs share the requests a minute of one model, on a real server: the provider refuses no call, and the second job need not wait until
// the first one is done.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { devServer } from '../../support/temporal.ts';
import { readPage, results, withDispatchedSite, writeConfig } from './dispatched-site.ts';

const server = devServer();
const model = 'gpt-5.4-mini';
const rpm = 240;
const [long, short] = [270, 20];

test(
  'no call is refused, although each job alone would use the whole rate',
  () =>
    withDispatchedSite(
      server,
      {
        sync: { rpm },
        variables: writeConfig({ limits: { openai: { default: { models: { [model]: { rpm } } } } } }),
      },
      async (site) => {
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
      },
    ),
  240_000,
);
