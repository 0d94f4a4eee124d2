// What is shown of a batch that is being collected: only what its last attempt has said, and no poll that is not to come.

import { expect, test } from 'vitest';
import { describeCollecting } from '../../client/cli/print/overview-facts.ts';
import { correctNextPoll } from '../../client/overview/collecting.ts';
import { readReceivedBytes } from '../../domain/progress/download.ts';

test.each([
  ['this attempt', { bytes: 7, attempt: 2 }, 7],
  ['the attempt before, whose bytes come again', { bytes: 7, attempt: 1 }, null],
  ['an earlier version of the worker', 7, null],
  ['an earlier version of the worker that said nothing', null, null],
])('bytes of %s', (_, details, bytes) => {
  expect(readReceivedBytes(details, 2)).toBe(bytes);
});

const collected = { wave: 1, batch: 1, step: 'download', since: null, attempts: 1, bytes: null } as const;

test.each([
  ['to come', 11, { running: 2 }, 11],
  ['past: the worker is of an earlier version', 10, { running: 2 }, null],
  ['to come for another batch', 11, { running: 2, collecting: 1 }, 11],
  ['to come for another batch that is the only open one', 11, { running: 1, collecting: 1 }, 11],
  ['not to come: the only batch that the provider had is collected', 11, { running: 1, waiting: 3 }, null],
  ['unknown', null, { running: 2 }, null],
])('the next poll is %s', (_, nextLookAt, byStage, shown) => {
  expect(correctNextPoll({ nextLookAt, batches: { byStage } }, [collected], 10)).toBe(shown);
});

test.each([
  [{ bytes: 1_234_567_890 }, 'wave 1, batch 1: downloads, 1.2 GB so far in 1h'],
  [{ since: null, attempts: 3 }, 'wave 1, batch 1: downloads, attempt 3'],
  [{ step: 'classify' }, 'wave 1, batch 1: reads the answers in 1h'],
] as const)('what is known of it is shown: %o', (change, text) => {
  const batch = { ...collected, since: '2026-11-26T03:00:00.000Z', ...change };
  expect(describeCollecting(batch, Date.parse('2026-11-26T04:00:00Z'))).toBe(text);
});
