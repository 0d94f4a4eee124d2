// The promises that every provider keeps, whatever its vendor. contract.test.ts runs them for each vendor of the registry.

import { describe, expect, test } from 'vitest';
import type { Fault } from '../../../domain/batch/backoff.ts';
import { ProviderError } from '../../../providers/error.ts';
import { callsContract, modelContract, realtimeOnlyContract } from './contract-calls.ts';
import { filesContract } from './contract-files.ts';
import { findContract } from './contract-find.ts';
import {
  catchFacts,
  collectLines,
  collectOutcomes,
  context,
  type EmulatedVendor,
  listTexts,
  makeProvider,
  soonMs,
  startVendor,
} from './emulated-vendor.ts';

/** What a download says of itself at its end, or the fault that it ended with. */
async function downloadToEnd(chunks: AsyncGenerator<Uint8Array, true | null>): Promise<true | null | Fault> {
  try {
    for (let next = await chunks.next(); ; next = await chunks.next()) if (next.done === true) return next.value;
  } catch (error) {
    if (error instanceof ProviderError) return error.facts.fault;
    throw error;
  }
}

export function providerContract(vendor: EmulatedVendor): void {
  const { lanes } = makeProvider(vendor.entry, {});
  if (lanes.includes('batch')) batchesContract(vendor);
  else realtimeOnlyContract(vendor);
}

/** What the data of a profile can change: a whole batch with each of its endings, how batches are found, and which models there are. */
export function profileContract(vendor: EmulatedVendor): void {
  batchContract(vendor);
  findContract(vendor);
  modelContract(vendor);
}

function batchesContract(vendor: EmulatedVendor): void {
  batchContract(vendor);
  uploadContract(vendor);
  outputContract(vendor);
  findContract(vendor);
  filesContract(vendor);
  callsContract(vendor);
}

function batchContract(vendor: EmulatedVendor): void {
  describe(`${vendor.name}: a batch`, () => {
    test('goes from requests file to one answer per item', async () => {
      const { provider, prepare, submit, end } = await startVendor(vendor);
      const prepared = await prepare(listTexts(20));
      const handle = await submit(prepared);
      expect((await provider.poll(handle, context())).phase).not.toBe('ended');
      await end();
      const view = await provider.poll(handle, context());
      const counts = vendor.counts ? { total: 20, done: 20, failed: 0 } : null;
      expect(view).toMatchObject({ phase: 'ended', ending: 'completed', counts });
      const outcomes = await collectOutcomes(provider, handle);
      expect(outcomes.map((each) => ('customId' in each ? each.customId : null)).sort()).toEqual(
        [...prepared.ids].sort(),
      );
      expect(outcomes.every((each) => each.kind === 'answer' && each.text !== null && each.usage.input !== null)).toBe(
        true,
      );
    });

    test.each(['expired', 'cancelled'] as const)(
      'that ends %s gives what it finished, if the vendor keeps it',
      async (endAs) => {
        const { provider, prepare, submit, end } = await startVendor(vendor, { batch: { endAs, partial: 0.5 } });
        const handle = await submit(await prepare(listTexts(20)));
        await end();
        expect((await provider.poll(handle, context())).ending).toBe(endAs);
        const outcomes = await collectOutcomes(provider, handle);
        const hasOutput = endAs === 'cancelled' || vendor.keepsExpired;
        expect(outcomes.filter(({ kind }) => kind === 'answer')).toHaveLength(hasOutput ? 10 : 0);
        const unrun = outcomes.filter((each) => each.kind === 'unrun' && each.why === endAs);
        expect(unrun).toHaveLength(vendor.unrunLines.includes(endAs) ? 10 : 0);
      },
    );

    test('is cancelled, if the vendor can, and cancelling it again once it has ended is not an error', async () => {
      const { provider, prepare, submit, end } = await startVendor(vendor);
      const handle = await submit(await prepare(listTexts(5)));
      await provider.cancel(handle, context());
      await provider.cancel(handle, context());
      await end();
      const { ending } = await provider.poll(handle, context());
      expect(ending).toBe(vendor.routes.cancel !== null ? 'cancelled' : 'completed');
      await provider.cancel(handle, context());
    });

    const { cancel } = vendor.routes;
    test.runIf(cancel !== null)(
      'that still runs and may not be cancelled now is refused, not asked again',
      async () => {
        const { provider, control, prepare, submit } = await startVendor(vendor);
        const handle = await submit(await prepare(listTexts(3)));
        await control.setOptions({ calls: { [String(cancel)]: { status: 409 } } });
        expect((await catchFacts(provider.cancel(handle, context()))).fault).toBe('refused');
      },
    );

    test('is forgotten, as often as is asked', async () => {
      const { provider, prepare, submit, end } = await startVendor(vendor);
      const handle = await submit(await prepare(listTexts(3)));
      await end();
      await provider.forget(handle, context());
      await provider.forget(handle, context());
      const after = provider.download(handle, context());
      expect(await downloadToEnd(after)).toSatisfy((end) => /not_found|not_ready/.test(end) === vendor.forgetsResults);
    });
  });
}

function uploadContract(vendor: EmulatedVendor): void {
  describe(`${vendor.name}: a batch and its items`, () => {
    test('reports every byte of its upload', async () => {
      const { provider, prepare } = await startVendor(vendor);
      const prepared = await prepare(listTexts(200));
      let moved = 0;
      const ctx = { ...context(), moved: (bytes: number) => (moved += bytes) };
      const staged = await provider.upload(prepared.file, prepared.submission, ctx);
      await provider.create(staged, prepared.file, prepared.submission, ctx);
      expect(moved).toBe(prepared.file.bytes);
    });

    test('has its items’ failures as outcomes', async () => {
      const { provider, prepare, submit, end } = await startVendor(vendor);
      const markers = ['[[fail:400]]', '[[fail:429]]', '[[fail:500]]', '[[refuse]]', '[[truncate]]', 'fine'];
      const prepared = await prepare(markers);
      const handle = await submit(prepared);
      await end();
      const outcomes = await collectOutcomes(provider, handle);
      const of = (at: number) => outcomes.find((each) => 'customId' in each && each.customId === prepared.ids[at]);
      expect([of(0), of(1), of(2)]).toMatchObject([
        { kind: 'error', reason: 'bad_request' },
        { kind: 'error', reason: 'rate_limited' },
        { kind: 'error', reason: 'provider_error' },
      ]);
      const finish = vendor.refusal ?? 'refused';
      expect([of(3), of(4), of(5)]).toMatchObject([{ finish }, { finish: 'length' }, { finish: 'stop' }]);
    });
  });
}

function outputContract(vendor: EmulatedVendor): void {
  describe(`${vendor.name}: output`, () => {
    const odd = { shuffle: true, crlf: true, blankLines: true, noFinalNewline: true, unicodeSeparators: true };

    test.each([false, true])('survives odd lines, compressed: %s', async (gzip) => {
      const { provider, prepare, submit, end } = await startVendor(vendor, { gzip, output: odd });
      const handle = await submit(await prepare([...listTexts(30), '[[fail:400]]']));
      await end();
      const outcomes = await collectOutcomes(provider, handle);
      expect(outcomes.filter(({ kind }) => kind === 'answer')).toHaveLength(30);
      expect(outcomes.filter(({ kind }) => kind === 'error')).toHaveLength(1);
    });

    test.each([
      [false, false],
      [true, false],
      [false, true],
    ])('that was cut is not taken for whole, with length: %s, compressed: %s', async (withLength, gzip) => {
      const cut = { route: vendor.routes.download, afterBytes: vendor.cutAfterBytes ?? 600, withLength, times: 1 };
      const { provider, prepare, submit, end, control } = await startVendor(vendor, { gzip });
      const handle = await submit(await prepare(listTexts(30)));
      await end();
      await control.setOptions({ truncateBody: cut });
      expect(await downloadToEnd(provider.download(handle, context()))).not.toBe(true);
      expect(await collectOutcomes(provider, handle)).toHaveLength(30);
    });

    test('that stalls ends with the caller’s signal', async () => {
      const { provider, prepare, submit, end, control } = await startVendor(vendor);
      const handle = await submit(await prepare(listTexts(30)));
      await end();
      await control.setOptions({ stallBody: { route: vendor.routes.download, afterBytes: 500 } });
      const output = provider.download(handle, { signal: AbortSignal.timeout(soonMs) });
      expect((await catchFacts(collectLines(output))).fault).toBe('timeout');
    });

    test('that is not there yet is waited for', async () => {
      const { provider, prepare, submit, end } = await startVendor(vendor, { batch: { outputNotFoundFor: 1 } });
      const handle = await submit(await prepare(listTexts(3)));
      await end();
      expect((await catchFacts(collectLines(provider.download(handle, context())))).fault).toBe('not_ready');
      expect(await collectOutcomes(provider, handle)).toHaveLength(3);
    });
  });
}
