// How far a search goes in a vendor's list: some pages beyond the time that it searches for, whatever an odd entry says.

import { describe, expect, test } from 'vitest';
import type { OptionsInput } from '../../../emulator/faults/options.ts';
import { context, requireEmulated, startVendor } from './emulated-vendor.ts';

const hourMs = 3_600_000;
/** All vendors' pages hold a hundred: thirty pages, five for each hour. */
const foreign = { foreign: 3000, foreignSpreadMs: 6 * hourMs };

/** The own batch is on the eighth page, and the search begins a minute before it. */
async function searchAmongForeign(name: 'openai' | 'anthropic' | 'gemini', list: OptionsInput['list']) {
  const { provider, prepare, submit, end, control } = await startVendor(requireEmulated(name));
  const prepared = await prepare(['a', 'b', 'c']);
  const own = await submit(prepared);
  await end();
  await control.clock({ advanceMs: 1.5 * hourMs });
  await control.setOptions({ list: { ...foreign, ...list } });
  const { confirmed } = await provider.find(prepared.submission, context());
  return { own, confirmed, pages: await control.requests(`${name}.batches.list`) };
}

describe.each(['openai', 'anthropic', 'gemini'] as const)('%s', (name) => {
  test.each(['noCreatedAt', 'farPast', 'farFuture', 'notObject'] as const)(
    'an entry that is %s neither ends the search early nor makes it read the whole list',
    async (odd) => {
      // The last entry of the first page, one next to the own batch, and one beyond the time that is searched for.
      for (const oddAt of [99, 750, 799, 1050]) {
        const { own, confirmed, pages } = await searchAmongForeign(name, { odd, oddAt });
        expect(confirmed.map(({ id }) => id)).toEqual([own.id]);
        expect(pages.length).toBeGreaterThanOrEqual(10);
        expect(pages.length).toBeLessThanOrEqual(13);
      }
    },
  );

  test('a list without an odd entry is read two pages beyond', async () => {
    expect((await searchAmongForeign(name, {})).pages).toHaveLength(10);
  });
});
