// The worker's log as `npm run dev` shows it.

import { expect, test } from 'vitest';
import { readableLine } from '../../../scripts/tools/readable-line.ts';

test('a line of JSON becomes a line for people, with the time, where and what', () => {
  const entry = { level: 30, time: 0, job: 'tickets', wave: 1, batch: 1, workflowId: 'tickets/wave-1/batch-0001' };
  const line = JSON.stringify({
    ...entry,
    event: 'batch_created',
    runId: 'x',
    batchId: 'batch_1',
    msg: 'batch created',
  });
  expect(readableLine('worker', line)).toMatch(
    /^\d\d:\d\d:\d\d {2}worker {4}batch created {2}tickets\/wave-1\/batch-0001 {2}batchId=batch_1$/,
  );
});

test('a warning says so, other text stays, and what only programs read is left out', () => {
  expect(readableLine('worker', '{"level":40,"msg":"alert: paused"}')).toContain('warning: alert: paused');
  expect(readableLine('worker', 'worker ready')).toMatch(/worker +worker ready$/);
  expect(readableLine('emulator', '{"url":"http://127.0.0.1:4010"}')).toBeNull();
});

test('control characters in a log are made visible', () => {
  const line = JSON.stringify({ level: 30, time: 0, msg: 'ended', workflowId: '\u001b[31mred' });
  expect(readableLine('worker', line)).toContain('ended  \\u001b[31mred');
  expect(readableLine('worker', '\u001b[2J')).toContain('worker    \\u001b[2J');
});
