// A batch of which the provider finds none, nor any other of the job: its time does not run before a person has looked, and then it does.

import { expect, test } from 'vitest';
import type { BatchEvent } from '../../../domain/batch/events.ts';
import { type BatchCase, newCase, nextStep } from '../../../domain/batch/machine.ts';
import { mayBlameAccount } from '../../../domain/batch/provider-batch.ts';
import { applyEvent } from '../../../domain/batch/transitions.ts';
import { rules } from './lying-provider.ts';
import { bounds } from './rulebook.ts';

const hour = 3_600_000;
const id = 'batch';
const missed: BatchEvent = { kind: 'poll_missed', id, notFound: true };
const wrongAccount: BatchEvent = { kind: 'trouble', trouble: 'wrong_account' };

type Told = readonly [hours: number, event: BatchEvent];

function tell(...events: readonly Told[]): BatchCase {
  const start: readonly Told[] = [
    [0, { kind: 'recovered', ordinal: 0, intent: null, batches: [], settled: false }],
    [0, { kind: 'uploaded', fileId: 'file' }],
    [0, { kind: 'created', handle: { id, createdAt: 0, fileId: 'file' }, twins: [] }],
  ];
  return [...start, ...events].reduce(
    (known, [hours, event]) => applyEvent(known, event, hours * hour, { rules, bounds }),
    newCase(24 * hour),
  );
}

const step = (known: BatchCase, hours: number): string => nextStep(known, hours * hour, rules, bounds).kind;

test('while it waits for a person, the time for which it is not found does not run', () => {
  const before: readonly Told[] = [
    [1, missed],
    [2, wrongAccount],
  ];
  expect(nextStep(tell(...before), 9 * hour, rules, bounds)).toEqual({ kind: 'hold', why: 'trouble', until: null });
  const after: readonly Told[] = [...before, [10, { kind: 'resumed' }], [10, missed]];
  expect(step(tell(...after, [15.9, missed]), 16)).toBe('poll');
  expect(nextStep(tell(...after, [16, missed]), 16 * hour, rules, bounds)).toEqual({ kind: 'classify', final: false });
});

test('after `resume` the account is not blamed again, until a poll finds the batch', () => {
  expect(mayBlameAccount(tell([1, missed]))).toBe(true);
  const resumed: readonly Told[] = [
    [1, wrongAccount],
    [2, { kind: 'resumed' }],
  ];
  expect(mayBlameAccount(tell(...resumed))).toBe(false);
  const again: readonly Told[] = [...resumed, [2, missed], [2, { kind: 'paused' }], [3, { kind: 'resumed' }]];
  expect(mayBlameAccount(tell(...again))).toBe(false);
  expect(mayBlameAccount(tell(...again, [4, { kind: 'polled_open', id }]))).toBe(true);
});

test('a `resume` of a job that was paused for something else says nothing of the account', () => {
  expect(mayBlameAccount(tell([1, missed], [1, { kind: 'paused' }], [2, { kind: 'resumed' }]))).toBe(true);
  const refusedKey: BatchEvent = { kind: 'trouble', trouble: 'unauthorized' };
  expect(mayBlameAccount(tell([1, missed], [1, refusedKey], [2, { kind: 'resumed' }]))).toBe(true);
});

test('a job that was cancelled waits for nobody: it polls on until its time is over', () => {
  expect(mayBlameAccount(tell([1, missed], [1, { kind: 'cancelled', endBy: null }]))).toBe(false);
});
