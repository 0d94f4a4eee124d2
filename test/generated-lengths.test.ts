// A property is only as good as the inputs it meets: generated values are as long as the property allows.

import fc from 'fast-check';
import { expect, test } from 'vitest';

test('a generated list and a generated text reach lengths near the greatest one allowed', () => {
  const lists = fc.sample(fc.array(fc.nat(), { maxLength: 200 }), { numRuns: 100, seed: 1 });
  expect(Math.max(...lists.map(({ length }) => length))).toBeGreaterThan(150);
  const texts = fc.sample(fc.string({ maxLength: 200 }), { numRuns: 100, seed: 1 });
  expect(Math.max(...texts.map(({ length }) => length))).toBeGreaterThan(150);
});
