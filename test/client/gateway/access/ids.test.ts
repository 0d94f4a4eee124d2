// Ids are known only to the tenant that they were given to, and sort by time.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type IdKind, Ids, makeUuid, readUuidTime } from '../../../../client/gateway/access/ids.ts';

const ids = new Ids(Buffer.alloc(32, 1));
const tenants = [null, 'acme', 'other'];
const kinds: IdKind[] = ['batch', 'file', 'output', 'errors', 'input'];

test('an id is what it was made for, and nothing else', () => {
  const uuid = makeUuid(1_700_000_000_000);
  for (const tenant of tenants) {
    for (const kind of kinds) {
      const id = ids.format('x_', kind, tenant, uuid);
      expect(id).toMatch(/^x_[\w-]{38}$/);
      for (const otherTenant of tenants) {
        for (const otherKind of kinds) {
          const isSame = otherTenant === tenant && otherKind === kind;
          expect(ids.parse(id, 'x_', otherKind, otherTenant)).toBe(isSame ? uuid : null);
        }
      }
      expect(new Ids(Buffer.alloc(32, 2)).parse(id, 'x_', kind, tenant)).toBeNull();
    }
  }
});

test('a change of one character makes an id unknown, also one that decodes to the same bytes', () => {
  const id = ids.format('x_', 'batch', 'acme', makeUuid(1_700_000_000_000));
  const characters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= é'];
  for (let at = 2; at < id.length; at += 1) {
    for (const character of characters) {
      if (character === id[at]) continue;
      expect(ids.parse(id.slice(0, at) + character + id.slice(at + 1), 'x_', 'batch', 'acme')).toBeNull();
    }
  }
});

test('no text is taken for an id', () => {
  fc.assert(fc.property(fc.string(), (text) => ids.parse(`x_${text}`, 'x_', 'batch', 'acme') === null));
});

test('uuids sort by the time that they were made at', () => {
  const times = [1, 2, 1_700_000_000_000, 1_700_000_000_001];
  const uuids = times.map(makeUuid);
  expect(uuids.toSorted()).toEqual(uuids);
  expect(uuids.map(readUuidTime)).toEqual(times);
  expect(uuids[2]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
