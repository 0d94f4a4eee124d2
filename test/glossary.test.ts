// The glossary and the drawn states name exactly the states that the code has.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { itemProofs } from '../domain/batch/evidence.ts';
import { type BatchStep, holdReasons } from '../domain/batch/machine.ts';
import { batchEndings, batchPhases } from '../domain/batch/state.ts';
import { waveKinds } from '../domain/job.ts';
import { resultStatuses } from '../domain/outcome/merge.ts';
import { lanes, outcomeKinds } from '../domain/outcome/outcome.ts';
import { batchStates } from '../domain/progress/events.ts';
import { jobPhases, pauseReasons } from '../domain/progress/status.ts';

const read = (page: string): string => readFileSync(join(dirname(import.meta.dirname), 'docs', page), 'utf8');

/** The text below each heading of one level, up to the next heading of that level or a higher one. */
function readSections(page: string, level: '##' | '###'): Map<string, string> {
  const [, ...parts] = read(page).split(new RegExp(`^${level} `, 'm'));
  const higher = new RegExp(`^#{1,${level.length - 1}} `, 'm');
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part.split(higher)[0] ?? '']));
}

/** The text of a section before the first of its own sections. */
const readOpening = (text: string): string => text.split(/^### /m)[0] ?? '';

/** The names in code font that begin the rows of a table. */
const listRows = (text: string): string[] => [...text.matchAll(/^\| `(\w+)`/gm)].map((match) => match[1] ?? '');

/** The states that a diagram has arrows from and to, or describes. */
function listDrawn(text: string): string[] {
  const [, diagram = ''] = /```mermaid\nstateDiagram-v2\n([\s\S]*?)```/.exec(text) ?? [];
  const names = diagram.split('\n').flatMap((line) => line.split(/:| --> /).slice(0, line.includes('-->') ? 2 : 1));
  return names.map((name) => name.trim()).filter((name) => /^\w+$/.test(name));
}

const sorted = (names: Iterable<string>): string[] => [...new Set(names)].toSorted();

test('the glossary has every state and no other', () => {
  const [, states = ''] = read('glossary.md').split('\n## States\n');
  expect(states).not.toBe('');
  const named = [...readSections('glossary.md', '###')].map(([title, text]) => [title, listRows(text)]);
  expect(Object.fromEntries(named)).toEqual({
    Job: jobPhases,
    Pause: pauseReasons,
    Wave: waveKinds,
    Batch: batchStates,
    'Batch at its provider': batchPhases,
    'Batch ending': batchEndings,
    'Item proof': itemProofs,
    'Item after a wave': outcomeKinds,
    'Item at the end': resultStatuses,
    Lane: lanes,
  });
});

test('the words of the glossary are in order, each once', () => {
  const [words = ''] = read('glossary.md').split('\n## States\n');
  const listed = [...words.matchAll(/^\| ([a-z ]+?) +\|/gm)].map((match) => match[1] ?? '').slice(1);
  expect(listed.length).toBeGreaterThan(50);
  expect(listed).toEqual(sorted(listed));
});

test.each([
  ['A job', jobPhases],
  ['A batch', batchStates],
  ['A batch at its provider', [...batchPhases, ...batchEndings]],
])('the diagram and the table of %s have every state and no other', (title, states) => {
  const text = readOpening(readSections('states.md', '##').get(title) ?? '');
  expect(sorted(listDrawn(text))).toEqual(sorted(states));
  expect(sorted(listRows(text))).toEqual(sorted(states));
});

/** The compiler checks that every step of the machine is here. */
const batchSteps = Object.keys({
  recover: true,
  hold: true,
  upload: true,
  create: true,
  find: true,
  cancel: true,
  poll: true,
  read: true,
  classify: true,
  leave: true,
  done: true,
} satisfies Record<BatchStep['kind'], true>);

test('the steps and the waits of a batch are drawn and described, each once and no other', () => {
  const sections = readSections('states.md', '###');
  const steps = sections.get('The steps of a batch') ?? '';
  const drawn = [...batchSteps.filter((step) => step !== 'hold'), ...holdReasons];
  expect(sorted(listDrawn(steps))).toEqual(sorted(drawn));
  expect(listRows(steps).toSorted()).toEqual(batchSteps.toSorted());
  expect(listRows(sections.get('The waits of a batch') ?? '')).toEqual(holdReasons);
});

test('what may be proven of an item is described, from the strongest proof to the weakest', () => {
  expect(listRows(readSections('states.md', '###').get('What is proven of an item') ?? '')).toEqual(itemProofs);
});
