// Lists that do not show everything: what they do not show may be there all the same.

import { describe, expect, test } from 'vitest';
import { provesAbsence } from '../../../providers/provider.ts';
import { context, requireEmulated, startVendor } from './emulated-vendor.ts';

const minuteMs = 60_000;
const texts = ['a', 'b', 'c'];

describe.each([
  ['groq', { hideMore: true, ignoreCursor: true, pageMax: 20 }],
  ['together', { ignoreCursor: true, pageMax: 20 }],
  ['mistral', { ignoreCursor: true, pageMax: 20 }],
] as const)('a list of %s that ignores its cursor', (name, list) => {
  async function start() {
    const site = await startVendor(requireEmulated(name));
    const prepared = await site.prepare(texts);
    await site.submit(prepared);
    await site.control.clock({ advanceMs: minuteMs });
    const search = () => site.provider.find(prepared.submission, context());
    return { ...site, search };
  }

  test('does not prove that a batch beyond its first page is absent', async () => {
    const { control, search } = await start();
    await control.setOptions({ list: { ...list, foreign: 100, foreignSpreadMs: minuteMs / 2 } });
    const found = await search();
    expect([found.confirmed, provesAbsence(found)]).toEqual([[], false]);
  });

  test('proves absence if its first page reaches back to before the search', async () => {
    const { control, provider, prepare } = await start();
    await control.setOptions({ list: { ...list, foreign: 100, foreignSpreadMs: 1000 * minuteMs } });
    const { submission } = await prepare(['a', 'b']);
    const found = await provider.find({ ...submission, fileId: 'file-of-no-batch' }, context());
    expect(provesAbsence(found)).toBe(true);
  });

  test('proves absence if it is too short to be a page of a longer list', async () => {
    const { control, provider, prepare } = await start();
    await control.setOptions({ list: { ...list, foreign: 5 } });
    const { submission } = await prepare(['a', 'b']);
    const found = await provider.find({ ...submission, fileId: 'file-of-no-batch' }, context());
    expect(provesAbsence(found)).toBe(true);
  });
});

test.each(['groq', 'together'])(
  'a page of %s whose entries cannot be read is not taken for a short list',
  async (name) => {
    const { control, provider, prepare } = await startVendor(requireEmulated(name));
    const { submission } = await prepare(texts);
    const list = { hideMore: true, ignoreCursor: true, pageMax: 20, foreign: 100, foreignSpreadMs: minuteMs / 2 };
    await control.setOptions({ list, hiddenFields: { listed: ['id'], retrieved: [] } });
    expect(provesAbsence(await provider.find(submission, context()))).toBe(false);
  },
);

test('pages that are smaller than asked for are read to the end', async () => {
  const { provider, prepare, submit, control } = await startVendor(requireEmulated('mistral'));
  const prepared = await prepare(texts);
  const { id } = await submit(prepared);
  await control.clock({ advanceMs: minuteMs });
  await control.setOptions({ list: { foreign: 90, foreignSpreadMs: minuteMs / 2, pageMax: 20 } });
  expect(await provider.find(prepared.submission, context())).toMatchObject({ confirmed: [{ id }] });
});

describe.each(['openai', 'groq', 'together', 'xai', 'mistral'])('a list of %s', (name) => {
  /** Among batches of the same time and size. */
  async function findWithout(listed: readonly string[], retrieved: readonly string[], knowsFile = true) {
    const site = await startVendor(requireEmulated(name), { list: { foreignLater: { count: 3 } } });
    const prepared = await site.prepare(texts);
    const { id } = await site.submit(prepared);
    await site.control.clock({ advanceMs: minuteMs });
    await site.control.setOptions({ hiddenFields: { listed: [...listed], retrieved: [...retrieved] } });
    const submission = { ...prepared.submission, ...(knowsFile ? {} : { fileId: null }) };
    const { confirmed, possible } = await site.provider.find(submission, context());
    return { id, confirmed: confirmed.map((each) => each.id), possible: possible.map((each) => each.id) };
  }

  test.each([[['metadata']], [['metadata', 'input_file_id']]])('without %o still shows the batch', async (hidden) => {
    const { id, confirmed, possible } = await findWithout(hidden, []);
    expect([confirmed, possible]).toEqual([[id], []]);
  });

  test('is not taken for proof if nothing shows whose the batches are', async () => {
    const hidden = ['metadata', 'input_file_id'];
    const { id, confirmed, possible } = await findWithout(hidden, hidden);
    expect(confirmed).toEqual([]);
    expect(possible).toContain(id);
    expect(possible).toHaveLength(4);
  });

  test('whose batches are of unknown files is not taken for proof', async () => {
    const { id, confirmed, possible } = await findWithout(['metadata'], ['metadata'], false);
    expect(confirmed).toEqual([]);
    expect(possible).toContain(id);
  });
});
