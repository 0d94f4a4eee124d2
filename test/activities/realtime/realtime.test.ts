// The realtime lane: each answer is durable before its place is used again, and after a crash only calls in flight are sent again.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { classify } from '../../../activities/collect/classify.ts';
import type { ActivityDeps } from '../../../activities/deps.ts';
import { realtime } from '../../../activities/realtime/realtime.ts';
import type { Fault } from '../../../domain/batch/backoff.ts';
import type { PlannedBatch } from '../../../domain/job.ts';
import type { ItemLine, Tally } from '../../../domain/outcome/outcome.ts';
import { ProviderError } from '../../../providers/error.ts';
import { type Folder, folderWith, jobRef, output, quietEnvironment } from '../plan/planning.ts';
import { answerLine, findPlanned, provider, realtimeBatch, wholeDeps } from '../whole-job.ts';

const ref = { ...jobRef, wave: 1, batch: 1 };
const fault = (kind: Fault, retryAfterMs: number | null = null): ProviderError =>
  new ProviderError('openai', {
    fault: kind,
    status: null,
    code: null,
    requestId: null,
    retryAfterMs,
    ambiguous: false,
  });

interface Lane {
  readonly folder: Folder;
  readonly calls: string[];
  most: number;
  run(count?: number): Promise<{ asked: number; kept: number }>;
  collect(): Promise<Tally>;
}

/** `answer` gives the reply to the nth call of an item, from 1. */
async function makeLane(
  items: number,
  answer: (row: number, call: number) => string | ProviderError,
  limits = {},
): Promise<Lane> {
  const rows = Array.from({ length: items }, (_, index) => ({ id: index + 1, text: 'x' }));
  const folder = await folderWith(rows, {
    mode: 'realtime',
    realtime: { concurrency: 4, rpm: null, tpm: null, ...limits },
  });
  await folder.run();
  const rowOf = new Map(
    folder.lines<ItemLine>('plan/wave-1/batch-0001.items.jsonl').map(({ customId, row }) => [String(customId), row]),
  );
  const calls: string[] = [];
  let running = 0;
  const deps: ActivityDeps = {
    ...wholeDeps(folder),
    provider: () => ({
      ...provider,
      call: async (line) => {
        const { custom_id }: { custom_id: string } = JSON.parse(line.toString());
        calls.push(custom_id);
        running += 1;
        lane.most = Math.max(lane.most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        const said = answer(rowOf.get(custom_id) ?? 0, calls.filter((each) => each === custom_id).length);
        if (said instanceof ProviderError) throw said;
        return Buffer.from(answerLine(custom_id, said));
      },
    }),
  };
  const lane: Lane = {
    folder,
    calls,
    most: 0,
    run: (count = items) => quietEnvironment().run(() => realtime(deps, { ...ref, from: 0, count })),
    collect: () => quietEnvironment().run(() => collect(deps, findPlanned(folder, ref))),
  };
  return lane;
}

async function collect(deps: ActivityDeps, planned: PlannedBatch): Promise<Tally> {
  const result = await classify(deps, { ...ref, planned, ...realtimeBatch });
  if (result.kind !== 'tally') throw new Error('the realtime lane proves every item');
  return result.tally;
}

const listIds = ({ folder }: Lane): string[] =>
  folder.lines<ItemLine>('plan/wave-1/batch-0001.items.jsonl').map(({ customId }) => customId);

/** The last line has no newline. */
function leave({ folder }: Lane, file: string, lines: readonly string[]): void {
  mkdirSync(join(folder.root, output, 'answers/wave-1'), { recursive: true });
  writeFileSync(join(folder.root, output, 'answers/wave-1', file), lines.join('\n'));
}

test('every item is asked once, a bounded number at a time', async () => {
  const lane = await makeLane(40, (row) => `answer ${row}`);
  expect(await lane.run()).toEqual({ asked: 40, kept: 0 });
  expect(new Set(lane.calls).size).toBe(40);
  expect(lane.most).toBeGreaterThan(1);
  expect(lane.most).toBeLessThanOrEqual(4);
  expect(await lane.collect()).toMatchObject({ answered: 40, lane: 'realtime' });
});

test('run again, nothing that is in the journal is asked again', async () => {
  const lane = await makeLane(10, (row) => `answer ${row}`);
  await lane.run();
  expect(await lane.run()).toEqual({ asked: 0, kept: 10 });
  expect(lane.calls).toHaveLength(10);
});

/** The files in which an attempt that died may have left its lines: its own, and the one of all attempts that earlier versions had. */
const leftFiles = ['batch-0001.journal-1.raw', 'batch-0001.raw'];

test.each(leftFiles)(
  'after a crash the answers in %s are kept, its torn line is not, and what was in flight is asked again and counted',
  async (file) => {
    const lane = await makeLane(4, (row) => `second life ${row}`);
    const [first, second, third] = listIds(lane);
    leave(lane, file, [
      `{"sent":"${first}"}`,
      answerLine(first ?? '', 'first life'),
      `{"sent":"${second}"}`,
      `{"sent":"${third}"}`,
      answerLine(third ?? '', 'torn').slice(0, 60),
    ]);
    expect(await lane.run()).toEqual({ asked: 3, kept: 1 });
    expect(lane.calls).not.toContain(first);
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

test.each(leftFiles)('a note in %s that was torn in the middle is no obstacle', async (file) => {
  const lane = await makeLane(2, () => 'yes');
  leave(lane, file, [`{"sent":"${listIds(lane)[0]}"}`, '{"gaveUp":"01']);
  expect(await lane.run()).toEqual({ asked: 2, kept: 0 });
  expect(await lane.collect()).toMatchObject({ answered: 2, anomalies: { inDoubtCalls: 1, unreadableLines: 0 } });
});

test('two attempts that run at the same time leave every line whole, and what both asked is counted', async () => {
  const lane = await makeLane(60, (row) => `answer ${row}`);
  await Promise.all([lane.run(), lane.run()]);
  const written = [1, 2].map((number) => lane.folder.text(`answers/wave-1/batch-0001.journal-${number}.raw`));
  for (const text of written) {
    expect(text.endsWith('\n')).toBe(true);
    for (const line of text.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  }
  expect(lane.calls.length).toBeGreaterThan(60);
  const anomalies = { inDoubtCalls: lane.calls.length - 60, unreadableLines: 0 };
  expect(await lane.collect()).toMatchObject({ answered: 60, anomalies });
});

test('a plan with fewer items than are asked for is an error, and not the end of the batch', async () => {
  const lane = await makeLane(3, () => 'yes');
  await expect(lane.run(4)).rejects.toThrow('fewer lines than were planned');
});

test('what the provider cannot do now is asked again, and given up for the next round after five tries', async () => {
  const lane = await makeLane(3, (row, call) =>
    row === 1 && call < 3 ? fault('overloaded', 1) : row === 2 ? fault('overloaded', 1) : 'yes',
  );
  await lane.run();
  const tries = new Map<string, number>();
  for (const call of lane.calls) tries.set(call, (tries.get(call) ?? 0) + 1);
  expect([...tries.values()].toSorted()).toEqual([1, 3, 5]);
  expect(await lane.collect()).toMatchObject({
    answered: 2,
    retryable: { overloaded: 1 },
    anomalies: { inDoubtCalls: 0 },
  });
}, 30_000);

test('a refused item is final; trouble with the key ends the activity, and loses no answer', async () => {
  let isFixed = false;
  const lane = await makeLane(12, (row) =>
    row === 3 ? fault('refused') : row === 6 && !isFixed ? fault('unauthorized') : 'yes',
  );
  await expect(lane.run()).rejects.toMatchObject({ facts: { fault: 'unauthorized' } });
  const before = lane.calls.length;
  isFixed = true;
  await lane.run();
  expect(lane.calls.length).toBeLessThanOrEqual(before + 12);
  expect(await lane.collect()).toMatchObject({ answered: 11, rejected: { bad_request: 1 } });
  const twice = lane.calls.filter((each, index) => lane.calls.indexOf(each) !== index);
  // Only the call that met the trouble is repeated: the answers of the calls that ran beside it are kept.
  expect(new Set(twice).size).toBe(1);
});
