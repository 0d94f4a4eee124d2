// The `webhook` of a job: the kinds of messages that it may ask for, and those that it gets without asking.

import { expect, test } from 'vitest';
import { parseJob } from '../../input/resolve.ts';
import { facts, smallest } from './facts.ts';

const parse = (webhook: unknown) => parseJob({ ...smallest, webhook }, facts);
const url = 'https://example.com/';

test('an event that nobody knows is refused by its name', () => {
  expect(parse({ url, events: ['job.paused', 'job.finished'] })).toMatchObject({
    problems: [
      {
        where: 'webhook.events[1]',
        message: 'must be "job.ended" or "job.paused" or "job.resumed" or "batch.collected", not "job.finished"',
      },
    ],
  });
});

test.each([['https://example.com'], [{ url, events: [] }], [{ events: ['job.ended'] }]])('%j is refused', (webhook) => {
  expect(parse(webhook)).toMatchObject({ kind: 'problems', problems: [{ where: expect.stringMatching(/^webhook/) }] });
});

test('a job that names no events gets what jobs got before there were others', () => {
  expect(parse({ url })).toMatchObject({ kind: 'job', spec: { webhook: { url, events: ['job.ended'] } } });
});
