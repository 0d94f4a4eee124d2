// How long collected batches wait for each other, and how many messages that makes at most.

import { expect, test } from 'vitest';
import { describeCollected } from '../../../domain/webhook/message.ts';
import { batchesPerMessage, computeGatherMs } from '../../../domain/webhook/told.ts';

const hourMs = 60 * 60_000;

test('the wait is a twentieth of the age of the job, from five seconds to ten minutes', () => {
  expect([0, 100_000, hourMs, 24 * hourMs].map(computeGatherMs)).toEqual([5_000, 5_000, 180_000, 600_000]);
});

test('a job whose batches never stop coming makes 243 messages in its first day, and 144 in each further one', () => {
  const count = (fromMs: number, untilMs: number): number => {
    let messages = 0;
    for (let ageMs = fromMs; ageMs < untilMs; ageMs += computeGatherMs(ageMs)) messages += 1;
    return messages;
  };
  expect([count(0, 24 * hourMs), count(24 * hourMs, 48 * hourMs)]).toEqual([243, 144]);
});

test('the largest message is below ten kilobytes', () => {
  const batches = Array.from({ length: batchesPerMessage }, (_, index) => ({
    number: 7_900 + index,
    wave: 50,
    batch: 240_000 + index,
  }));
  const notice = { id: 'msg_1', url: 'https://x.example', at: 0, job: 'j', run: 'r', output: 'runs/j/', batches };
  const tally = { items: 50_000, answered: 49_999, costUsd: 123.4567891234 };
  const { body } = describeCollected(
    notice,
    batches.map(() => tally),
  );
  expect(body.length).toBeLessThan(10_240);
  expect(JSON.parse(body).data.batches[0]).toEqual({
    number: 7_900,
    wave: 50,
    batch: 240_000,
    answered: 49_999,
    failed: 1,
    usd: 123.4567891234,
  });
});

test('a batch whose files are gone is told without figures', () => {
  const batches = [{ number: 1, wave: 1, batch: 1 }];
  const notice = { id: 'msg_1', url: 'https://x.example', at: 0, job: 'j', run: 'r', output: 'runs/j/', batches };
  expect(JSON.parse(describeCollected(notice, [null]).body)).toEqual({
    type: 'batch.collected',
    timestamp: '1970-01-01T00:00:00.000Z',
    data: { job: 'j', run: 'r', batches: [{ number: 1, wave: 1, batch: 1, answered: null, failed: null, usd: null }] },
  });
});
