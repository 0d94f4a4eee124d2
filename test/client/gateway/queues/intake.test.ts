// Groups of calls: each caller gets its own share of the queue's answer, and none is harmed by another one.

import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import type { Refusal } from '../../../../client/gateway/queues/group-files.ts';
import { Intake } from '../../../../client/gateway/queues/intake.ts';
import type { GivenItems } from '../../../../client/gateway/queues/read-items.ts';
import type { Added } from '../../../../workflows/queue/messages.ts';

const give = (text: string, more: Partial<GivenItems> = {}): GivenItems => ({
  lines: Buffer.from(text.replaceAll(' ', '\n').concat('\n')),
  count: text.split(' ').length,
  numbers: null,
  isUrgent: false,
  queue: undefined,
  ...more,
});

/** A queue that refuses the line `bad`, and every file with the line `poison`. */
class Fake {
  readonly files = new Map<string, string>();
  readonly groups: string[] = [];
  readonly names: string[] = [];
  namedMax = 100;
  gate: Promise<void> = Promise.resolve();

  readonly intake = new Intake({
    log: () => undefined,
    add: (name, { uri = '', refusals = '' }) => this.#add(name, uri, refusals),
    files: {
      write: async (lines) => {
        const uri = `file-${this.groups.length}`;
        this.files.set(uri, lines.toString());
        this.groups.push(lines.toString().trimEnd().replaceAll('\n', ' '));
        return { uri, refusals: `${uri}.refused` };
      },
      readRefusals: async ({ refusals }): Promise<readonly Refusal[]> => JSON.parse(this.files.get(refusals) ?? '[]'),
      remove: async ({ uri, refusals }, hasRefusals) => {
        this.files.delete(uri);
        if (hasRefusals) this.files.delete(refusals);
      },
    },
  });

  async #add(name: string, uri: string, refusalsUri: string): Promise<Added> {
    await this.gate;
    this.names.push(name);
    const lines = (this.files.get(uri) ?? '').trimEnd().split('\n');
    if (lines.includes('poison')) {
      const cause = ApplicationFailure.nonRetryable('a budget needs a limit', 'invalid_job');
      throw new WorkflowUpdateFailedError('failed', cause);
    }
    const all = lines.flatMap((line, index) =>
      line === 'bad' ? [{ line: index + 1, reason: 'malformed_json', message: 'no' }] : [],
    );
    if (all.length > this.namedMax) this.files.set(refusalsUri, JSON.stringify(all));
    return { accepted: lines.length - all.length, refused: all.length, refusals: all.slice(0, this.namedMax) };
  }
}

const badLines = ({ refusals }: Added): number[] => refusals.map(({ line }) => line);

test('calls that come together are one group, and each gets its own lines', async () => {
  const fake = new Fake();
  const [one, two, three] = await Promise.all([
    fake.intake.add('q', give('a bad c')),
    fake.intake.add('q', give('bad e', { numbers: [3, 9] })),
    fake.intake.add('q', give('f')),
  ]);
  expect(fake.groups).toEqual(['a bad c bad e f']);
  expect(one).toMatchObject({ accepted: 2, refused: 1 });
  expect(badLines(one)).toEqual([2]);
  expect(two).toMatchObject({ accepted: 1, refused: 1 });
  expect(badLines(two)).toEqual([3]);
  expect(three).toEqual({ accepted: 1, refused: 0, refusals: [] });
  expect(fake.files.size).toBe(0);
});

test('refusals that the answer does not name are read from their file', async () => {
  const fake = new Fake();
  fake.namedMax = 1;
  const [one, two] = await Promise.all([fake.intake.add('q', give('bad bad')), fake.intake.add('q', give('b bad'))]);
  expect(badLines(one)).toEqual([1, 2]);
  expect(badLines(two)).toEqual([2]);
  expect(fake.files.size).toBe(0);
});

test('queues, urgent items and queues to open are groups of their own', async () => {
  const fake = new Fake();
  await Promise.all([
    fake.intake.add('q', give('a')),
    fake.intake.add('r', give('b')),
    fake.intake.add('q', give('c', { isUrgent: true })),
    fake.intake.add('q', give('d', { queue: { job: {} } })),
    fake.intake.add('q', give('e')),
  ]);
  expect(fake.groups.toSorted()).toEqual(['a e', 'b', 'c', 'd']);
});

test('a call that makes the queue refuse the whole file harms no other one', async () => {
  const fake = new Fake();
  const added = await Promise.allSettled(
    ['a', 'b', 'poison', 'd', 'e'].map((text) => fake.intake.add('q', give(text))),
  );
  expect(added.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(fake.files.size).toBe(0);
});

test('calls that come while a group is being taken are the next group', async () => {
  const fake = new Fake();
  const gate = Promise.withResolvers<void>();
  fake.gate = gate.promise;
  const first = fake.intake.add('q', give('a'));
  await expect.poll(() => fake.groups.length).toBe(1);
  const second = fake.intake.add('q', give('b'));
  await expect.poll(() => fake.groups.length).toBe(2);
  const others = ['c', 'd', 'e'].map((text) => fake.intake.add('q', give(text)));
  gate.resolve();
  await Promise.all([first, second, ...others]);
  expect(fake.groups).toEqual(['a', 'b', 'c d e']);
});

test('a group has at most ten thousand items, unless one call has more', async () => {
  const fake = new Fake();
  const many = (count: number): GivenItems => ({ ...give('a'), lines: Buffer.from('a\n'.repeat(count)), count });
  await Promise.all([6000, 6000, 4000, 30_000].map((count) => fake.intake.add('q', many(count))));
  expect(fake.groups.map((group) => group.split(' ').length)).toEqual([6000, 10_000, 30_000]);
});
