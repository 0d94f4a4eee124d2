// A provider with random answers, a dataset with rows of every kind, and what it answered for each: from a seed.

import type { ItemLine } from '../../../domain/outcome/outcome.ts';
import { type Answering, answerLine, errorLine } from '../whole-job.ts';

/** What a provider does with one attempt at an item. */
const fates = [
  'answered',
  'answered',
  'answered',
  'error500',
  'error400',
  'truncated',
  'missing',
  'twice',
  'errorThenAnswer',
] as const;
type Fate = (typeof fates)[number];

interface Told {
  readonly wave: number;
  readonly fate: Fate;
  readonly lane: 'batch' | 'realtime';
}

export const isGood = (fate: Fate): boolean => fate === 'answered' || fate === 'twice' || fate === 'errorThenAnswer';
export const text = (row: number, wave: number): string => `answer to row ${row} in wave ${wave}`;

function writeLines(fate: Fate, { customId, row }: ItemLine, wave: number): string[] {
  const good = answerLine(customId, text(row, wave));
  switch (fate) {
    case 'answered':
      return [good];
    case 'twice':
      return [good, answerLine(customId, 'a second answer, which does not count')];
    case 'errorThenAnswer':
      return [errorLine(customId, 500), good];
    case 'truncated':
      return [answerLine(customId, 'cut', 'length')];
    case 'error500':
      return [errorLine(customId, 500)];
    case 'error400':
      return [errorLine(customId, 400)];
    case 'missing':
      return [];
  }
}

/** Deterministic in its seed: no shuffle depends on the machine. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((each) => ({ each, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each);
}

/** Each batch's output has duplicate, foreign and malformed lines; what belongs to one item keeps its order, all else is shuffled. */
export function unrulyProvider(seed: number) {
  const random = chance(seed);
  const told = new Map<number, Told[]>();
  const odd = { foreign: 0, malformed: 0, twice: 0, missing: 0 };
  const answering: Answering = (wave, planned, items) => {
    const groups = items.map((item) => {
      const fate = fates[Math.floor(random() * fates.length)] ?? 'answered';
      const earlier = told.get(item.row) ?? [];
      told.set(item.row, [...earlier, { wave, fate, lane: planned.lane }]);
      if (fate === 'missing') odd.missing += 1;
      if (planned.lane === 'batch' && (fate === 'twice' || fate === 'errorThenAnswer')) odd.twice += 1;
      return writeLines(fate, item, wave);
    });
    odd.foreign += 1;
    odd.malformed += 1;
    groups.push([answerLine('f'.repeat(32), 'of somebody else')], [`{"custom_id":"${items[0]?.customId}","resp`]);
    return shuffled(groups, random).flat();
  };
  return { answering, told, odd };
}

/** Rows some of which come twice, and some of which are none. */
export function writeDataset(
  seed: number,
  rows: number,
): { text: string; accepted: number[]; shared: number[]; refused: number } {
  const random = chance(seed);
  const lines: string[] = [];
  const [accepted, shared]: [number[], number[]] = [[], []];
  let refused = 0;
  for (let row = 1; row <= rows; row += 1) {
    const kind = random();
    const first = accepted[Math.floor(random() * accepted.length)];
    if (kind < 0.1) {
      lines.push('{"id": "broken');
      refused += 1;
    } else if (kind < 0.25 && first !== undefined) {
      lines.push(JSON.stringify({ id: first, text: `text ${first}` }));
      shared.push(row);
    } else {
      lines.push(JSON.stringify({ id: row, text: `text ${row}` }));
      accepted.push(row);
    }
  }
  return { text: `${lines.join('\n')}\n`, accepted, shared, refused };
}
