// Where batches end and which lane they take; canonical JSON.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseLane, computeCaps, hasRoom, isFull, splitRules } from '../../../domain/plan/split.ts';
import { canonicalJson } from '../../../domain/request/canonical-json.ts';

const settings = {
  batch: { maxItems: 100, maxBytes: 1000 },
  minBatchItems: 10,
  fallback: { lane: 'realtime' },
  mode: 'batch',
} as const;
const limits = { itemsMax: 80, bytesMax: 5000, itemsMin: 1, distinctCounts: false };

test('the stricter of what is asked and what is allowed counts', () => {
  expect(splitRules(settings, limits)).toMatchObject({ itemsMax: 80, bytesMax: 1000, batchItemsMin: 10 });
  expect(splitRules(settings, { ...limits, itemsMin: 100 }).batchItemsMin).toBe(100);
});

test('small batches go realtime, but not where that is not allowed; what is forced is done', () => {
  const rules = splitRules(settings, limits);
  expect([chooseLane(rules, 9, null), chooseLane(rules, 10, null), chooseLane(rules, 80, 'routed')]).toEqual([
    'realtime',
    'batch',
    'realtime',
  ]);
  expect(chooseLane(splitRules({ ...settings, fallback: { lane: 'none' } }, limits), 1, null)).toBe('batch');
  expect(chooseLane(splitRules({ ...settings, mode: 'realtime' }, limits), 80, null)).toBe('realtime');
});

test('distinct counts go down one by one to half, then begin again; no two neighbours are alike', () => {
  const rules = splitRules(settings, { ...limits, distinctCounts: true });
  const caps = Array.from({ length: 100 }, (_, index) => computeCaps(rules, index + 1).items);
  expect(caps.slice(0, 3)).toEqual([80, 79, 78]);
  expect([Math.min(...caps), caps[40], caps[41]]).toEqual([40, 40, 80]);
  expect(new Set(caps.slice(0, 41)).size).toBe(41);
  expect(computeCaps({ ...rules, itemsMax: 1 }, 7).items).toBe(1);
});

test('a batch never holds more than it may, and an empty one takes a line of any size', () => {
  const line = fc.integer({ min: 1, max: 600 });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (lines, maxItems) => {
      const caps = { items: maxItems, bytes: 1000 };
      let fill = { items: 0, bytes: 0, caps };
      for (const bytes of lines) {
        if (!hasRoom(fill, bytes)) fill = { items: 0, bytes: 0, caps };
        fill = { caps, items: fill.items + 1, bytes: fill.bytes + bytes };
        expect(fill.items).toBeLessThanOrEqual(maxItems);
        expect(fill.bytes).toBeLessThanOrEqual(1000);
        if (!isFull(fill, bytes)) expect(hasRoom(fill, bytes)).toBe(true);
      }
    }),
  );
});

test('canonical JSON does not depend on the order of keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const json = JSON.parse(JSON.stringify(value));
      const backwards = Object.fromEntries(Object.entries(json).reverse());
      expect(canonicalJson(JSON.parse(JSON.stringify(backwards)))).toBe(canonicalJson(json));
      expect(JSON.parse(canonicalJson(json))).toEqual(json);
    }),
  );
  expect(canonicalJson({ b: [1, { d: null, c: 'é' }], a: true })).toBe('{"a":true,"b":[1,{"c":"é","d":null}]}');
});
