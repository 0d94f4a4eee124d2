// What xAI alone has of a provider, against the emulator, and what is made of its objects.

import { describe, expect, test } from 'vitest';
import { describeOutput } from '../../../../domain/batch/evidence.ts';
import { blamedLines, isRefusedUnrun } from '../../../../domain/batch/state.ts';
import { toOutputLine } from '../../../../providers/vendors/xai/results.ts';
import { batchWire } from '../../../../providers/vendors/xai/wire.ts';
import { collectOutcomes, context, requireEmulated, startVendor } from '../emulated-vendor.ts';

const xai = requireEmulated('xai');
const state = { num_requests: 3, num_pending: 0, num_success: 3 };
const batch = { batch_id: 'b', name: 'key', create_time: '2026-09-23', expire_time: '2126-10-23', state };

describe('xai alone', () => {
  test('results of many pages are read to their end', async () => {
    const { provider, prepare, submit, end, control } = await startVendor(xai);
    const handle = await submit(await prepare(Array.from({ length: 1200 }, (_, at) => `question ${at}`)));
    await end();
    expect(await collectOutcomes(provider, handle)).toHaveLength(1200);
    expect((await control.counts()).requests['openai.batches.results']).toBe(3);
  });

  test('a page that breaks off is read again, and no page before it', async () => {
    const { provider, prepare, submit, end, control } = await startVendor(xai, {
      truncateBody: { route: 'openai.batches.results', afterBytes: 600 },
    });
    const handle = await submit(await prepare(Array.from({ length: 1200 }, (_, at) => `question ${at}`)));
    await end();
    expect(await collectOutcomes(provider, handle)).toHaveLength(1200);
    expect((await control.counts()).requests['openai.batches.results']).toBe(4);
  });

  test('a file that the check refuses is to blame as a whole, and nothing of it ran', async () => {
    const { provider, prepare, submit, end } = await startVendor(xai, {
      batch: { failWith: { code: 'x', message: 'Model grok-nope is not supported.' } },
    });
    const handle = await submit(await prepare(['a', 'b']));
    await end();
    const view = await provider.poll(handle, context());
    expect(view).toMatchObject({ ending: 'failed', errors: [{ reason: 'whole_batch' }] });
    const ended = { ...view, ending: 'failed', refusedUnrun: isRefusedUnrun(view.errors), blamed: [] } as const;
    expect(describeOutput(ended, provider.proofs)).toEqual({ kind: 'nothing_ran' });
    expect(blamedLines(view.errors)).toBe('all');
  });

  test.each([
    [{ state: {} }, 'validating'],
    [{ state: { ...state, num_pending: 1 } }, 'in_progress'],
    [{ state: { ...state, num_pending: 1 }, cancel_time: '2026-09-24' }, 'cancelling'],
    [{ state: { ...state, num_pending: 1 }, expire_time: '2026-09-24' }, 'expired'],
    [{ cancel_time: '2026-09-24' }, 'cancelled'],
    [{ state: {}, cancel_by_xai_message: 'Not allowed.' }, 'failed'],
    [{}, 'completed'],
  ])('a batch with %o is %s', (changes, status) => {
    expect(batchWire.parse({ ...batch, ...changes })).toMatchObject({
      id: 'b',
      status,
      metadata: { nightshift: 'key' },
    });
  });

  test('a batch that was made at some time of a day is not taken for older than it may be', () => {
    expect(batchWire.parse(batch).created_at).toBeCloseTo(Date.parse('2026-09-23T23:59:59.999Z') / 1000);
  });

  test('a vendor’s own reason for a cancellation does not prove that nothing ran', async () => {
    const errors = batchWire.parse({ ...batch, cancel_by_xai_message: 'Not allowed.' }).errors?.data;
    expect(errors).toMatchObject([{ code: 'cancelled_by_vendor' }]);
  });

  test.each([
    [{ error: { code: 1, message: 'stopped' } }, { kind: 'unrun', why: 'cancelled' }],
    [{ error: { code: 3, message: 'bad model' } }, { kind: 'error', reason: 'bad_request', detail: 'bad model' }],
    [{ error: { code: 8, message: 'busy' } }, { kind: 'error', reason: 'rate_limited' }],
    [{ error: { message: 'what' } }, { kind: 'error', reason: 'provider_error' }],
    [
      { response: { chat_get_completion: { choices: [{ message: { content: 'hi' } }] } } },
      { kind: 'answer', text: 'hi' },
    ],
    [{}, { kind: 'unreadable' }],
  ])('the result %o is read', async (result, outcome) => {
    const { provider } = await startVendor(xai);
    const line = Buffer.from(toOutputLine({ batch_request_id: 'r', batch_result: result }));
    expect(provider.decode(line, provider.defaultEndpoint)).toMatchObject(outcome);
  });
});

describe('a batch of xAI that is still being taken in', () => {
  test('has not ended, although nothing of it is pending, whether it was created or found', async () => {
    const takenInForMs = 3000;
    const options = { startMs: Date.now(), batch: { takenInForMs } };
    const { provider, prepare, submit, end, control } = await startVendor(xai, options);
    const prepared = await prepare(['a', 'b', 'c', 'd']);
    const created = await submit(prepared);
    await control.clock({ advanceMs: 2000 });
    const [found] = (await provider.find(prepared.submission, context())).confirmed;
    for (const handle of [created, found ?? created]) {
      const view = await provider.poll(handle, context());
      expect(view).toMatchObject({ phase: 'running', ending: null, outputs: [], counts: { total: 2, done: 2 } });
    }
    await end();
    expect(found).toEqual(created);
    expect(await provider.poll(created, context())).toMatchObject({ ending: 'completed', counts: { total: 4 } });
  });

  test('has ended two hours after its creation, although not all of it was counted', async () => {
    const hourMs = 3_600_000;
    const options = { startMs: Date.now() - 2 * hourMs, batch: { takenInForMs: 10 * hourMs } };
    const { provider, prepare, submit, control } = await startVendor(xai, options);
    const handle = await submit(await prepare(['a', 'b', 'c', 'd']));
    await control.clock({ advanceMs: 60_000 });
    expect(await provider.poll(handle, context())).toMatchObject({ ending: 'completed', counts: { total: 2 } });
    const younger = { ...handle, createdAt: handle.createdAt + 60_000 };
    expect(await provider.poll(younger, context())).toMatchObject({ ending: null, counts: { total: 2 } });
  });

  test('ends if it is cancelled', async () => {
    const { provider, prepare, submit, end } = await startVendor(xai, { batch: { takenInForMs: 3_600_000 } });
    const handle = await submit(await prepare(['a', 'b', 'c', 'd']));
    await provider.cancel(handle, context());
    await end();
    expect(await provider.poll(handle, context())).toMatchObject({ ending: 'cancelled', counts: { total: 2 } });
  });
});
