// Properties of the parts that need no server: splitter, timeline, body identity, schemas and options.
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bodyFacts } from '../../emulator/answers/body-facts.ts';
import { buildInstance } from '../../emulator/answers/schema.ts';
import { createSplitter } from '../../emulator/anthropic/split-requests.ts';
import { mergeDeep, parseOptions } from '../../emulator/faults/options.ts';
import { isObject } from '../../emulator/server/json.ts';
import { isTerminal, momentAt, type Timeline } from '../../emulator/world/timeline.ts';

describe('the splitter', () => {
  test('finds the same requests as JSON.parse, wherever the chunks are cut', () => {
    const body = fc.record({
      other: fc.jsonValue(),
      requests: fc.array(fc.dictionary(fc.string(), fc.jsonValue())),
      last: fc.jsonValue(),
    });
    const text = fc
      .tuple(body, fc.constantFrom(undefined, 2))
      .map(([value, indent]) => JSON.stringify(value, null, indent));
    fc.assert(
      fc.property(text, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (whole, sizes) => {
        expect(split(whole, sizes)).toEqual({ problem: null, found: JSON.parse(whole).requests });
      }),
    );
  });

  test('knows quotes after any number of backslashes', () => {
    const requests = [{ a: '\\' }, { a: '\\"' }, { a: '"requests":[{"b":1}]' }, { a: '\\\\\\"]}' }];
    for (let size = 1; size < 12; size++) expect(split(JSON.stringify({ requests }), [size]).found).toEqual(requests);
  });

  function split(text: string, sizes: number[]) {
    const found: unknown[] = [];
    const splitter = createSplitter('requests', (element) => found.push(JSON.parse(element.toString('utf8'))));
    const bytes = Buffer.from(text, 'utf8');
    for (let from = 0, turn = 0; from < bytes.length; turn++) {
      const size = sizes[turn % sizes.length] ?? 1;
      splitter.push(bytes.subarray(from, from + size));
      from += size;
    }
    return { problem: splitter.end(), found };
  }
});

describe('the timeline', () => {
  const span = fc.integer({ min: 0, max: 1000 });
  const line = fc.record<Timeline>({
    createdAtMs: fc.constant(0),
    windowMs: fc.constant(24 * 3_600_000),
    validatedAtMs: span,
    invalid: fc.boolean(),
    runMs: span,
    finalizeMs: span,
    cancelMs: span,
    cancelRequestedAtMs: fc.option(span),
    endAs: fc.constantFrom('completed', 'expired', 'cancelled', 'failed'),
    partial: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  });

  test('ends every batch, and none lives on after its end', () => {
    fc.assert(
      fc.property(line, fc.integer({ min: 0, max: 5000 }), (given, nowMs) => {
        const end = momentAt(given, {}, 5000);
        expect(isTerminal(end.phase)).toBe(true);
        const now = momentAt(given, {}, nowMs);
        expect(isTerminal(now.phase)).toBe(nowMs >= (end.endedAtMs ?? Number.POSITIVE_INFINITY));
        if (isTerminal(now.phase)) expect(now).toEqual(end);
      }),
    );
  });

  test('never takes back an executed item', () => {
    fc.assert(
      fc.property(line, span, span, (given, one, other) => {
        const [early, late] = [Math.min(one, other), Math.max(one, other)];
        expect(momentAt(given, {}, early).share).toBeLessThanOrEqual(momentAt(given, {}, late).share);
      }),
    );
  });
});

describe('a body', () => {
  test('has the same identity whatever the order of its keys, its tier and streaming', () => {
    const body = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(body, (given) => {
        const reversed = Object.fromEntries(Object.entries(given).reverse());
        expect(bodyFacts({ ...reversed, service_tier: 'flex' }).hash).toEqual(bodyFacts(given).hash);
      }),
    );
  });

  test('has another identity when any part of it differs', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (one, other) => {
          const ignored = ({ service_tier: _tier, stream: _stream, ...rest }: Record<string, unknown>) => sorted(rest);
          fc.pre(ignored(one) !== ignored(other));
          expect(bodyFacts(one).hash).not.toEqual(bodyFacts(other).hash);
        },
      ),
    );
  });

  const sorted = (value: Record<string, unknown>) =>
    JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
});

test.for([
  {
    type: 'object',
    properties: { a: { type: 'string', minLength: 40 }, b: { type: 'array', items: { type: 'number' }, minItems: 2 } },
    required: ['a', 'b'],
  },
  {
    type: 'object',
    properties: { tag: { enum: ['x', 'y'] }, ok: { type: 'boolean' }, n: { type: 'integer', minimum: 5 } },
    required: ['tag', 'ok', 'n'],
  },
  {
    type: 'object',
    properties: { name: { type: ['string', 'null'] }, at: { $ref: '#/$defs/point' } },
    required: ['name', 'at'],
    $defs: { point: { type: 'object', properties: { x: { type: 'number', maximum: -3 } }, required: ['x'] } },
  },
  { anyOf: [{ const: 7 }, { type: 'string' }] },
])('an instance fits its schema: %j', (schema) => {
  const ajv = new Ajv({ allowUnionTypes: true });
  expect(ajv.validate(schema, buildInstance(schema, 'answer'))).toBe(true);
});

test('options merge deeply, replace lists and drop nulls', () => {
  const merged = mergeDeep({ list: { foreign: 1, order: 'oldest' }, calls: {} }, { list: { foreign: 2 }, calls: null });
  expect(merged).toEqual({ list: { foreign: 2, order: 'oldest' } });
  expect(parseOptions(merged).list).toMatchObject({ foreign: 2, order: 'oldest', visibleAfterMs: 0 });
  expect(isObject([])).toBe(false);
});
