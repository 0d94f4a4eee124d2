// Errors as the SDKs throw them, and the faults that they are.

import { describe, expect, test } from 'vitest';
import { ProviderError } from '../../../providers/error.ts';
import { type Purpose, toProviderError } from '../../../providers/transport/fault.ts';
import { readRetryAfterMs } from '../../../providers/transport/headers.ts';
import { turnPages } from '../../../providers/transport/list-pages.ts';
import { anthropicFaults } from '../../../providers/vendors/anthropic/faults.ts';
import { openaiFaults } from '../../../providers/vendors/openai/faults.ts';

const now = Date.parse('2026-11-20T00:00:00Z');

describe('a wait', () => {
  test.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after-ms': '120', 'retry-after': '7' }, 120],
    [{ 'retry-after': 'Fri, 20 Nov 2026 00:01:00 GMT' }, 60_000],
    [{ 'retry-after': 'Thu, 19 Nov 2026 00:01:00 GMT' }, 0],
    [{ 'retry-after': 'Fri, 20 Nov 2026 00:01:00 GMT', date: 'Fri, 20 Nov 2026 00:00:50 GMT' }, 10_000],
    [{ 'retry-after': '99999999' }, 24 * 60 * 60_000],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': '' }, null],
    [{ 'retry-after': '-3' }, null],
    [{}, null],
  ])('asked for with %j', (headers, expected) => {
    expect(readRetryAfterMs(new Headers(headers as Record<string, string>), now)).toBe(expected);
  });
});

const reply = (status: number, error: object) => Object.assign(new Error('x'), { status, error });
const openai = { name: 'openai', calls: openaiFaults.calls };
const anthropic = { name: 'anthropic', calls: anthropicFaults.calls };
const facts = (purpose: Purpose, thrown: unknown, caller = openai) => {
  const fault = toProviderError(caller, purpose, thrown);
  return fault instanceof ProviderError ? fault.facts : null;
};

// A gateway passes on the codes of the vendor behind it: each knows the other's.
describe.each([openai, anthropic])('a call that $name refuses', (caller) => {
  test.each([
    ['read', 429, { code: 'insufficient_quota', type: 'insufficient_quota' }, 'no_money'],
    ['read', 400, { code: 'billing_hard_limit_reached' }, 'no_money'],
    ['read', 402, {}, 'no_money'],
    ['read', 429, { type: 'error', error: { details: { error_code: 'enforced_spend_limit_reached' } } }, 'no_money'],
    ['read', 429, { type: 'error', error: { details: { error_code: 'ramp_limit_exceeded' } } }, 'rate_limited'],
    ['read', 400, { type: 'error', error: { details: { error_code: 'organization_on_hold' } } }, 'forbidden'],
    ['read', 400, { type: 'error', error: { details: { error_code: 'cmek_key_disabled' } } }, 'forbidden'],
    ['create', 429, { code: 'token_limit_exceeded' }, 'capacity'],
    ['create', 400, { message: 'Enqueued token limit reached for gpt' }, 'capacity'],
    ['call', 400, { message: 'my prompt speaks of a queue' }, 'refused'],
    ['create', 400, { message: 'Cannot find file file-1, or organization has no access to it' }, 'not_ready'],
    ['call', 400, { message: 'Cannot find file file-1' }, 'refused'],
    ['create', 400, { code: 'missing_required_parameter' }, 'refused'],
    ['read', 500, { code: 'cmek_key_disabled' }, 'server_error'],
    ['read', 400, { code: 'constructor' }, 'refused'],
  ] as const)('%s HTTP %i %j is %s', (purpose, status, error, fault) => {
    expect(facts(purpose, reply(status, error), caller)).toMatchObject({ fault, status });
  });

  test.each([
    [
      'Enqueued token limit reached for gpt-5 in organization o. Limit: 2,000,000 enqueued tokens. Please',
      'tokens',
      2e6,
    ],
    ['The number of enqueued tokens has surpassed the configured limit of 1.5M for the deployment d.', 'tokens', 1.5e6],
    ['Too many concurrent batches in organization o. Limit: 40 batches.', 'batches', 40],
    ['This request would exceed the limit of 100 concurrent message batches for your organization.', 'batches', 100],
  ] as const)('the limit is read from "%s"', (message, unit, limit) => {
    expect(facts('create', reply(429, { message }), caller)).toMatchObject({
      fault: 'capacity',
      limit: { unit, limit },
    });
  });

  test('no limit is read where none is named, or where it is a rate', () => {
    const read = (message: string) => facts('create', reply(429, { message }), caller)?.limit;
    expect(read('the queue is full')).toBeNull();
    expect(read('Rate limit reached: Limit: 500, used 500')).toBeNull();
    expect(read('Number of concurrent connections has exceeded your rate limit')).toBeNull();
  });

  test('only what changes something is ambiguous, and only where it may have happened', () => {
    expect(facts('create', reply(500, {}))?.ambiguous).toBe(true);
    expect(facts('call', reply(502, {}))?.ambiguous).toBe(true);
    expect(facts('read', reply(500, {}))?.ambiguous).toBe(false);
    expect(facts('create', reply(429, {}))?.ambiguous).toBe(false);
  });
});

const caused = (code: string) => new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });

describe('a call without a reply', () => {
  test.each([
    [caused('ECONNRESET'), 'connection', true],
    [caused('ECONNREFUSED'), 'connection', false],
    [caused('ENOTFOUND'), 'connection', false],
    [caused('UND_ERR_SOCKET'), 'connection', true],
    [caused('UND_ERR_HEADERS_TIMEOUT'), 'timeout', true],
    [caused('UND_ERR_CONNECT_TIMEOUT'), 'timeout', false],
    [new TypeError('terminated'), 'connection', true],
    [new DOMException('x', 'AbortError'), 'timeout', true],
    [new DOMException('x', 'TimeoutError'), 'timeout', true],
    [new SyntaxError('Unexpected token in {"answer":"secret"'), 'broken_stream', true],
  ])('%s is %s', (thrown, fault, ambiguous) => {
    expect(facts('create', thrown)).toMatchObject({ fault, ambiguous, status: null });
    expect(JSON.stringify(facts('create', thrown))).not.toContain('secret');
  });

  test.each([
    [400, 'The storage limit of 500 files is exceeded.', 'capacity', 'refused'],
    [400, 'File storage quota exceeded.', 'capacity', 'refused'],
    [429, 'Too many stored files.', 'capacity', 'rate_limited'],
    [507, 'The storage is full.', 'capacity', 'server_error'],
    [400, 'The file is not JSON Lines.', 'refused', 'refused'],
    [400, 'The size of the file exceeds the limit for stored files.', 'refused', 'refused'],
    [400, 'The file is too large for the limit of batch files.', 'refused', 'refused'],
    [413, 'The file exceeds the storage limit.', 'too_large', 'too_large'],
    [401, 'The key is over the limit for stored files.', 'unauthorized', 'unauthorized'],
    [403, 'The storage quota cannot be read with this key.', 'forbidden', 'forbidden'],
  ])('an upload that is refused with HTTP %i and %j is %s, and not ambiguous', (status, message, fault, otherwise) => {
    const thrown = reply(status, { message });
    expect(facts('upload', thrown)).toMatchObject({ fault, ambiguous: false });
    expect(facts('read', thrown)).toMatchObject({ fault: otherwise });
  });

  test('a bug stays what it is', () => {
    const bug = new TypeError('x is not a function');
    expect(toProviderError(openai, 'create', bug)).toBe(bug);
  });
});

const down = Array.from({ length: 100 }, (_, at) => 1000 - at);

describe('a search', () => {
  const pagesOf = (times: readonly number[], size: number) => {
    const items = times.map((createdAt, at) => ({ id: String(at), createdAt }));
    let reads = 0;
    const read = async (after: string | null) => {
      reads += 1;
      const from = after === null ? 0 : Number(after) + 1;
      const page = items.slice(from, from + size);
      const more = from + size < items.length;
      return { items: page, count: page.length, next: more ? (page.at(-1)?.id ?? null) : null, more };
    };
    return { read, reads: () => reads };
  };
  test.each([
    ['newest first, two pages beyond', down, 4],
    ['newest first with an old entry at the end of a page, two pages beyond', down.with(9, 1), 4],
    ['newest first with a new entry far beyond, to no more than two pages after it', down.with(35, 9999), 6],
    ['oldest first, to the end', [...down].reverse(), 10],
    ['oldest first with an odd entry, to the end', [...down].reverse().with(9, 1).with(35, 9999), 10],
    ['without an order that shows, to the end', Array<number>(100).fill(5), 10],
    ['in no order, to the end', down.map((_, at) => 900 + ((at * 37) % 100)), 10],
    [
      'that are all old at first and in no order, to the end',
      [...down.map((_, at) => 800 + ((at * 37) % 100)), 1000],
      11,
    ],
  ])('%s', async (_, times, expected) => {
    const { read, reads } = pagesOf(times, 10);
    const { items, isWhole } = await turnPages('openai', 985, read);
    expect([reads(), isWhole]).toEqual([expected, true]);
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
  });
});

describe('pages', () => {
  const stubborn = (more: boolean | null) => {
    let reads = 0;
    const read = async () => {
      reads += 1;
      return { items: [{ id: 'a', createdAt: 1 }], count: 1, next: 'a', more };
    };
    return { read, reads: () => reads };
  };

  test('of a list that ignores its cursor come to an end', async () => {
    const { read, reads } = stubborn(null);
    await turnPages('openai', 0, read);
    expect(reads()).toBe(2);
  });

  const down20 = down.slice(0, 20);
  test.each([
    ['reaches back beyond the search', down20, 990, true],
    ['ends at the time of the search', down20, 980, false],
    ['has one old entry at its end', down20.with(19, 1), 982, false],
    ['is oldest first', [...down20].reverse(), 990, false],
    ['is in no order', down20.map((_, at) => 900 + ((at * 37) % 100)), 990, false],
    ['has few entries', down20.slice(0, 9), 0, true],
    ['has few entries that can be read', down20.slice(0, 9), 0, false, 20],
  ])('of a list that ignores its cursor and %s', async (_, times, since, isWhole, count = times.length) => {
    const items = times.map((createdAt, at) => ({ id: String(at), createdAt }));
    const read = async () => ({ items, count, next: String(times.length - 1), more: null });
    expect(await turnPages('openai', since, read)).toMatchObject({ items, isWhole });
  });

  test.each([
    ['ignores its cursor', stubborn(true).read],
    ['shows nothing to turn on by', async () => ({ items: [], count: 0, next: null, more: true })],
    ['never ends', async (after: string | null) => ({ items: [], count: 0, next: `${after}.`, more: true })],
  ])('of a list that says there is more and %s are not taken for the whole list', async (_, read) => {
    await expect(turnPages('openai', 0, read)).rejects.toMatchObject({ facts: { fault: 'broken_stream' } });
  });
});
