// The set of reasons why a job is paused.

import { expect, test } from 'vitest';
import { addPause, choosePhase, holdsBatches, liftPauses, listHolding } from '../../../domain/progress/pauses.ts';
import { type JobPhase, type Pause, type PauseReason, pauseReasons } from '../../../domain/progress/status.ts';

const pause = (reason: PauseReason, since = 0): Pause => ({ reason, since, note: `for ${reason}` });
const all = pauseReasons.map((reason) => pause(reason));

test('a reason that already holds changes nothing', () => {
  const first = addPause([], pause('person', 1));
  expect(addPause(first, { ...pause('person', 2), note: 'again' })).toBe(first);
  expect(addPause(first, pause('budget', 2))).toEqual([pause('person', 1), pause('budget', 2)]);
});

test('`resume` lifts every reason except budget and approval, and those two have their own remedies', () => {
  expect(liftPauses(all, 'resume')).toEqual([pause('budget'), pause('approval')]);
  expect(liftPauses(all, 'setBudget')).toEqual(all.filter(({ reason }) => reason !== 'budget'));
  expect(liftPauses(all, 'approve')).toEqual(all.filter(({ reason }) => reason !== 'approval'));
  const budget = [pause('budget')];
  expect(liftPauses(budget, 'resume')).toBe(budget);
  expect(liftPauses([], 'resume')).toEqual([]);
});

test('a budget holds back no batch that is started', () => {
  expect(holdsBatches([pause('budget')])).toBe(false);
  for (const reason of pauseReasons) expect(holdsBatches([pause('budget'), pause(reason)])).toBe(reason !== 'budget');
});

const troubles: readonly PauseReason[] = ['unauthorized', 'forbidden', 'no_money', 'wrong_account', 'wrong_region'];

const shown: readonly [phase: JobPhase, isEnding: boolean, phaseShown: JobPhase, held: readonly PauseReason[]][] = [
  ['opening', false, 'paused', pauseReasons],
  ['running', false, 'paused', pauseReasons],
  ['running', true, 'running', troubles],
  ['cancelling', false, 'cancelling', troubles],
  ['merging', false, 'merging', []],
  ['done', true, 'done', []],
];

test.each(shown)('a paused job in phase %s (is ending: %s) shows %s', (phase, isEnding, phaseShown, held) => {
  const ending = { phase, isEnding };
  expect(choosePhase(all, ending)).toBe(phaseShown);
  expect(listHolding(all, ending).map(({ reason }) => reason)).toEqual(held);
  expect(choosePhase([], ending)).toBe(phase);
});
