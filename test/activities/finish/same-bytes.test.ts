// The bytes of results, failures and rows in doubt are part of the contract: whatever the code does to write them faster, the same answers give
// the same files. The digests were recorded with code that parsed and wrote each line on its own.

import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Json } from '../../../domain/outcome/outcome.ts';
import { type Folder, folderWith, type SpecChange } from '../plan/planning.ts';
import { unrulyProvider, writeDataset } from '../submit/unruly-provider.ts';
import { type Answering, answerLine, bareLine, errorLine, runWhole, unrunLine } from '../whole-job.ts';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

const digests = (folder: Folder): string[] =>
  ['results.jsonl', 'failures.jsonl', 'in-doubt.jsonl'].map((name) => digest(folder.text(name)));

const nothing = digest('');

test.for([
  [1, ['617c9299b2cf8e0c', '4fbec4db60807c81', nothing]],
  [2, ['05778967a5311628', '11915938fa85babd', nothing]],
  [3, ['e6f4cc586db7296d', '8a7f7836fcee22f5', nothing]],
] as const)('an unruly provider, seed %d', async ([seed, expected]) => {
  const folder = await folderWith(writeDataset(seed, 300).text, {
    id: 'id',
    minBatchItems: 3,
    batch: { maxItems: 40, maxBytes: 1e8, concurrency: 5 },
  });
  await runWhole(folder, unrulyProvider(seed).answering);
  expect(digests(folder)).toEqual(expected);
});

const oddIds: readonly Json[] = ['a "quoted" id', 'back\\slash', 'ünï 😀', 7, -1.5, 1e21 / 1e20, 'x'.repeat(500), '7'];
const oddRows = Array.from({ length: 64 }, (_, index) => ({
  id: index < oddIds.length ? (oddIds[index] ?? null) : `row ${index}`,
  text: index === 40 || index === 41 ? 'the same' : `text ${index}`,
}));
const sharing: readonly Json[] = [...oddRows, ...oddRows.slice(0, 20), oddRows[60] ?? null];

/** Each kind of line by the place of its item. */
const oddAnswers: Answering = (wave, _planned, items) =>
  items.flatMap(({ customId, row }) => {
    const say = (content: string, finish?: string): string => answerLine(customId, content, finish);
    switch (row % 13) {
      case 0:
        return wave < 3 ? [errorLine(customId, 500)] : [say('late')];
      case 1:
        return [say('{"a":[1,2.50,"ü"],"b":null}')];
      case 2:
        return [say('cut', 'length')];
      case 3:
        return [errorLine(customId, 400)];
      case 4:
        return [bareLine(customId, 'without usage')];
      case 5:
        return [errorLine(customId, 500), say('after its error'), say('a second answer')];
      case 6:
        return wave === 1 ? [unrunLine(customId)] : [say('"quotes" and \\ and \u2028 and 😀')];
      case 7:
        return [say(' ')];
      case 8:
        return [say('filtered', 'content_filter')];
      case 9:
        return wave === 1 ? [] : [say('sent twice'), '{"custom_id":"nobody"}', 'not json'];
      case 10:
        return [say('an "odd" finish', 'odd "finish"')];
      case 11:
        return [say('x'.repeat(70_000))];
      default:
        return [say(`{"text":"answer ${row}"}`)];
    }
  });

const schema: Json = { type: 'object', required: ['a'], properties: { b: { type: 'null' } } };
const variants: readonly (readonly [name: string, change: SpecChange, expected: readonly string[]])[] = [
  ['plain', {}, ['41485e7e273e5da9', 'ec24f7193b5bfd0b', '6bb1006e189ec740']],
  ['with a schema', { schema }, ['0e883bc75c33319b', 'e1c2566d4fb1b5ca', '2142c68cece64f85']],
  [
    'with whole responses',
    { keep: { responses: true, providerFiles: false } },
    ['6d277a635b895024', 'ec24f7193b5bfd0b', '6bb1006e189ec740'],
  ],
  ['in realtime only', { mode: 'realtime' }, ['f991347b53f76d1f', 'ec24f7193b5bfd0b', nothing]],
];

test.for(variants)('odd ids and odd lines, %s', async ([, change, expected]) => {
  const folder = await folderWith(sharing, { batch: { maxItems: 9, maxBytes: 1e8, concurrency: 5 }, ...change });
  await runWhole(folder, oddAnswers, { inDoubt: [1, 3] });
  expect(digests(folder)).toEqual(expected);
});

test('what an earlier job answered, and what it left in doubt', async () => {
  const earlier = await folderWith(sharing, { batch: { maxItems: 9, maxBytes: 1e8, concurrency: 5 } });
  await runWhole(earlier, oddAnswers, { inDoubt: [1, 3] });
  const folder = await folderWith([...sharing.slice(30), ...sharing], { reuse: 'earlier.jsonl' });
  const sink = await folder.store.create('earlier.jsonl');
  await sink.write(Buffer.from(earlier.text('results.jsonl')));
  await sink.close();
  await runWhole(folder, oddAnswers);
  expect(digests(folder)).toEqual(['1dd645e22ef897ad', 'e8fa5e7df2c12333', '5870e17af0dfc8c9']);
});
