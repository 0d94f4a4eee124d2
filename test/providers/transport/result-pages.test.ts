// Results in pages: a page that fails is read again by itself, a bounded number of times, and pages that never end are not read for ever.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Fault } from '../../../domain/batch/backoff.ts';
import { plainFault } from '../../../providers/transport/fault.ts';
import { type ResultLines, resultPages } from '../../../providers/transport/result-pages.ts';
import { openaiFaults } from '../../../providers/vendors/openai/faults.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const caller = { name: 'xai', calls: openaiFaults.calls };

/** Three pages, of which the second fails so many times. */
async function readThree(fault: Fault, failures: number) {
  const asked: (string | null)[] = [];
  const read = async (cursor: string | null): Promise<ResultLines> => {
    asked.push(cursor);
    const page = Number(cursor ?? 0);
    if (page === 1 && asked.filter((each) => each === cursor).length <= failures) throw plainFault('xai', fault);
    return { lines: [`line ${page}`], next: page < 2 ? String(page + 1) : null };
  };
  const reading = collect(read);
  await vi.runAllTimersAsync();
  return { asked, text: await reading };
}

async function collect(read: (cursor: string | null) => Promise<ResultLines>): Promise<string> {
  let text = '';
  try {
    for await (const bytes of resultPages(caller, read, { signal: new AbortController().signal }))
      text += Buffer.from(bytes).toString();
    return text;
  } catch (error) {
    return `${text}${String(error)}`;
  }
}

test.each(['timeout', 'connection', 'server_error', 'broken_stream'] as const)(
  'a page that fails by %s is read again, and the pages before it are not',
  async (fault) => {
    const { asked, text } = await readThree(fault, 2);
    expect(asked).toEqual([null, '1', '1', '1', '2']);
    expect(text).toBe('line 0\nline 1\nline 2\n');
  },
);

test('a page that fails four times, or in a way that does not pass, ends the download', async () => {
  expect((await readThree('timeout', 9)).asked).toEqual([null, '1', '1', '1', '1']);
  expect((await readThree('unauthorized', 9)).asked).toEqual([null, '1']);
  expect((await readThree('not_ready', 9)).asked).toEqual([null, '1']);
});

test('pages with new cursors for ever are not all of a batch', async () => {
  let page = 0;
  const text = await collect(async () => ({ lines: [], next: String(++page) }));
  expect(text).toContain('broken_stream');
});
