// The realtime lane: each answer is durable before its place is used again, and after a crash only calls in flight are sent again.

import { expect, test } from 'vitest';
import { answerLine } from '../whole-job.ts';
import { failCall, LaneSite } from './lane-site.ts';

test('every item is asked once, a bounded number at a time', async () => {
  const lane = await LaneSite.open(
    40,
    ({ row }) => new Promise((resolve) => setTimeout(() => resolve(`answer ${row}`), 20)),
  );
  expect(await lane.attempt()).toMatchObject({ asked: 40, end: { kind: 'done' } });
  expect(new Set(lane.calls).size).toBe(40);
  expect(lane.most).toBeGreaterThan(1);
  expect(lane.most).toBeLessThanOrEqual(4);
  expect(await lane.collect()).toMatchObject({ answered: 40, lane: 'realtime' });
});

test('run again, nothing that is in the journal is asked again', async () => {
  const lane = await LaneSite.open(10, ({ row }) => `answer ${row}`);
  await lane.attempt();
  expect(await lane.attempt()).toMatchObject({ asked: 0, end: { kind: 'done' } });
  expect(lane.calls).toHaveLength(10);
});

/** The files in which an attempt that died may have left its lines: its own, and the one of all attempts that earlier versions had. */
const leftFiles = ['batch-0001.journal-1.raw', 'batch-0001.raw'];

test.each(leftFiles)(
  'after a crash the answers in %s are kept, its torn line is not, and what was in flight is asked again and counted',
  async (file) => {
    const lane = await LaneSite.open(4, ({ row }) => `second life ${row}`);
    const [first, second, third] = lane.ids;
    lane.leave(file, [
      `{"sent":"${first}"}`,
      answerLine(first ?? '', 'first life'),
      `{"sent":"${second}"}`,
      `{"sent":"${third}"}`,
      answerLine(third ?? '', 'torn').slice(0, 60),
    ]);
    expect(await lane.attempt()).toMatchObject({ asked: 3 });
    expect(lane.calls.map(({ customId }) => customId)).not.toContain(first);
    const anomalies = { inDoubtCalls: 2, duplicateAnswers: 0, unreadableLines: 0 };
    expect(await lane.collect()).toMatchObject({ answered: 4, anomalies });
    const answers = lane.folder.lines('answers/wave-1/batch-0001.jsonl');
    expect(answers.map((answer) => answer.output)).toEqual([
      'first life',
      'second life 2',
      'second life 3',
      'second life 4',
    ]);
  },
);

test.each(leftFiles)('a note in %s that was torn in the middle does no harm', async (file) => {
  const lane = await LaneSite.open(2, () => 'yes');
  lane.leave(file, [`{"sent":"${lane.ids[0]}"}`, '{"gaveUp":"01']);
  expect(await lane.attempt()).toMatchObject({ asked: 2 });
  expect(await lane.collect()).toMatchObject({ answered: 2, anomalies: { inDoubtCalls: 1, unreadableLines: 0 } });
});

test('two attempts that run at the same time leave every line whole, and no item is asked twice', async () => {
  const lane = await LaneSite.open(60, ({ row }) => `answer ${row}`);
  await Promise.all([lane.attempt(), lane.attempt()]);
  const written = [1, 2].map((number) => lane.folder.text(`answers/wave-1/batch-0001.journal-${number}.raw`));
  for (const text of written) {
    expect(text.endsWith('\n')).toBe(true);
    for (const line of text.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  }
  expect(lane.calls).toHaveLength(60);
  const anomalies = { inDoubtCalls: 0, unreadableLines: 0 };
  expect(await lane.collect()).toMatchObject({ answered: 60, anomalies });
});

test('a plan with fewer items than are asked for is an error, and not the end of the batch', async () => {
  const lane = await LaneSite.open(3, () => 'yes');
  await expect(lane.attempt({ count: 4 })).rejects.toThrow('fewer lines than were planned');
});

test('an item that fails while others are answered is asked again, and given up for the next round after some tries', async () => {
  const lane = await LaneSite.open(20, ({ row, nth }) =>
    (row === 1 && nth < 3) || row === 2 ? failCall('server_error', { status: 500 }) : 'yes',
  );
  await lane.runToEnd();
  const tries = new Map<number, number>();
  for (const { row } of lane.calls) tries.set(row, (tries.get(row) ?? 0) + 1);
  expect([tries.get(1), tries.get(3)]).toEqual([3, 1]);
  // Five, and again as often if it is the last one that is left.
  expect(tries.get(2)).toBeGreaterThanOrEqual(5);
  expect(tries.get(2)).toBeLessThanOrEqual(10);
  expect(await lane.collect()).toMatchObject({
    answered: 19,
    retryable: { provider_error: 1 },
    anomalies: { inDoubtCalls: 0 },
  });
});

test('a refused item is final; trouble with the key ends the activity, and loses no answer', async () => {
  let isFixed = false;
  const lane = await LaneSite.open(12, ({ row }) =>
    row === 3 ? failCall('refused') : row === 6 && !isFixed ? failCall('unauthorized') : 'yes',
  );
  await expect(lane.attempt()).rejects.toMatchObject({ facts: { fault: 'unauthorized' } });
  const before = lane.calls.length;
  isFixed = true;
  await lane.attempt();
  expect(lane.calls.length).toBeLessThanOrEqual(before + 12);
  expect(await lane.collect()).toMatchObject({ answered: 11, rejected: { bad_request: 1 } });
  const twice = lane.calls.filter(({ nth }) => nth > 1);
  // Only the call that met the trouble is repeated: the answers of the calls that ran next to it are kept.
  expect(twice.map(({ row }) => row)).toEqual([6]);
});
