// The short way to a row's result gives the same bytes as the long way, or nothing.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildResult, joinFirstAnswer } from '../../../domain/outcome/merge.ts';
import type { AnswerLine, ItemReason, Json } from '../../../domain/outcome/outcome.ts';

const count = fc.option(fc.nat());
const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
/** Text that could be taken for the end of an output. */
const trap = ',"usage":null,"costUsd":1,"finishReason":"stop","model":"m"}';
const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(trap, `${trap}}`, '"', '\\', '\\"', '\u2028\n', '\ud800', '"kind":"answered"'),
);
const json = fc
  .oneof(fc.jsonValue({ noUnicodeString: false }), texts, fc.record({ usage: fc.constant(null), model: texts }))
  // As it comes out of JSON.parse.
  .map((value): Json => JSON.parse(JSON.stringify(value)));

const answers = fc
  .record({
    row: fc.integer({ min: 1, max: 1e9 }),
    id: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), texts),
    key: hex(24),
    customId: hex(32),
    semantic: fc.option(fc.nat(9), { nil: undefined }),
    kind: fc.constantFrom('answered' as const, 'answered' as const, 'answered' as const, 'rejected' as const),
    output: json,
    usage: fc.option(
      fc.record({ input: count, cachedInput: count, cacheWrite: count, output: count, reasoning: count }),
    ),
    costUsd: fc.option(fc.oneof(fc.constant(0), fc.constant(1e-9), fc.double({ min: 0, max: 1e22 }))),
    finishReason: fc.option(texts),
    model: fc.option(texts),
    response: fc.option(fc.record({ body: json, model: texts }), { nil: undefined }),
    carried: fc.option(fc.constant({ lane: 'batch' as const, batchId: 'other' }), { nil: undefined }),
  })
  // `semantic` is the key on disk, and the short way reads lines as they are on disk.
  .map((line) => JSON.parse(JSON.stringify(line)) as AnswerLine & { readonly semantic?: number });

test('a result put together as text is the one that parsing gives', () => {
  fc.assert(
    fc.property(answers, fc.option(texts), (answer, batchId) => {
      const quick = joinFirstAnswer(JSON.stringify(answer), 'batch', batchId);
      const { kind, semantic, response, carried } = answer;
      const isUsual = kind === 'answered' && semantic === undefined && response === undefined && carried === undefined;
      expect(quick !== null).toBe(isUsual);
      if (quick === null) return;
      const { row, status, costUsd, attempts, ...rest } = buildResult([{ answer, lane: 'batch', batchId }]);
      expect(quick.facts).toEqual({ row, status, costUsd, attempts });
      expect(quick.line).toBe(JSON.stringify(buildResult([{ answer, lane: 'batch', batchId }])));
      expect(rest.reason).toBeUndefined();
    }),
    { numRuns: 2000 },
  );
});

test('a long output takes the short way too, and a very long id the long one', () => {
  const line = { row: 1, id: 'a', key: 'k', customId: 'c', kind: 'answered', output: '{"\\'.repeat(2_000_000) };
  const rest = { usage: null, costUsd: null, finishReason: null, model: null };
  const quick = joinFirstAnswer(JSON.stringify({ ...line, ...rest }), 'realtime', null);
  expect(JSON.parse(quick?.line ?? 'null')).toMatchObject({ output: line.output, lane: 'realtime', attempts: 1 });
  const longId = { ...line, ...rest, id: line.output.repeat(4) };
  expect(joinFirstAnswer(JSON.stringify(longId), 'batch', null)).toBeNull();
});

const item = { row: 1, id: 1, key: 'k', customId: 'c', usage: null, finishReason: null, model: null };
const failure = (reason: ItemReason, costUsd: number | null = 0) =>
  ({ ...item, kind: 'retryable', reason, costUsd }) as unknown as AnswerLine;
const answered: AnswerLine = { ...failure('missing'), kind: 'answered', output: 'yes' };

test.each([
  ['a batch that was too large', 'batch', 'b', failure('oversized'), 1],
  ['a batch that was never created, because it was too large', 'batch', null, failure('oversized'), 1],
  ['a batch for which there was no room until the deadline', 'batch', 'b', failure('capacity'), 1],
  ['a batch that was not created before the deadline', 'batch', null, failure('deadline'), 1],
  ['a batch that ran until the deadline', 'batch', 'b', failure('deadline'), 2],
  ['a batch whose create was refused', 'batch', null, failure('batch_failed'), 1],
  ['a batch that the provider failed', 'batch', 'b', failure('batch_failed'), 2],
  ['a create that may have made a batch', 'batch', null, failure('in_doubt', null), 2],
  ['a call that was not made, because the budget was spent', 'realtime', null, failure('budget'), 1],
  ['a call that was not made before the deadline', 'realtime', null, failure('deadline'), 1],
  ['a call that may have run when the job was cancelled', 'realtime', null, failure('cancelled', null), 2],
  ['a call that the provider refused', 'realtime', null, failure('rate_limited'), 2],
] as const)('the attempts of a row that is answered after %s', (_, lane, batchId, answer, attempts) => {
  const second = { answer: answered, lane: 'batch', batchId: 'c' } as const;
  expect(buildResult([{ answer, lane, batchId }, second])).toMatchObject({ status: 'answered', attempts });
});
