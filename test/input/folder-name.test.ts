// A workflow id's folder: its own, readable, and a single name on any disk.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { folderName } from '../../input/path.ts';

test.each(['tickets', 'tickets-nightly', 'a', 'v1.2_x', '2026-11-21'])('%s is its own folder', (id) => {
  expect(folderName(id)).toBe(id);
});

test.each([
  ['queue/mail/7', /^queue-mail-7~[0-9a-f]{24}$/],
  ['nightly-2026-11-21T02:00:00Z', /^nightly-2026-11-21t02-00-00z~/],
  ['Tickets', /^tickets~/],
  ['..', /^job~/],
  ['', /^job~/],
  ['🦉', /^job~/],
  ['con', /^con~/],
  ['a.', /^a~/],
  ['x'.repeat(1000), /^x{60}~/],
])('%j stays recognisable', (id, likeness) => {
  expect(folderName(id)).toMatch(likeness);
});

const ids = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('a', 'A', '.', '/', ':', '~', '-', '\ud800', '\udc00', 'é', '\0') }),
  fc.string().map(folderName),
);

test('two ids never share a folder, on a disk that ignores case either', () => {
  fc.assert(
    fc.property(ids, ids, (a, b) => {
      if (a !== b) expect(folderName(a).toLowerCase()).not.toBe(folderName(b).toLowerCase());
    }),
    { numRuns: 5000 },
  );
});

test('every folder is one safe name', () => {
  fc.assert(
    fc.property(ids, (id) => {
      expect(folderName(id)).toMatch(/^[a-z0-9_-][a-z0-9._-]{0,99}(~[0-9a-f]{24})?$/);
      expect(folderName(id).endsWith('.')).toBe(false);
    }),
  );
});
