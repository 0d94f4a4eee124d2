// What every provider promises, whatever its vendor: run by each against the emulator.

import { describe, expect, test } from 'vitest';
import { allDoneMs, bench, context, errorOf, factsOf, lineOf, linesOf, outcomesOf, type Vendor } from './bench.ts';

const texts = (count: number): string[] => Array.from({ length: count }, (_, at) => `question ${at}`);

export interface Routes {
  readonly create: string;
  readonly look: string;
  readonly list: string;
  readonly download: string;
  readonly cancel: string;
  readonly call: string;
}

export function providerContract(vendor: Vendor, routes: Routes): void {
  describe(`${vendor.name}: a batch`, () => {
    test('goes from requests file to one answer per item', async () => {
      const { provider, prepare, submit, end } = await bench(vendor);
      const prepared = await prepare(texts(20));
      const handle = await submit(prepared);
      expect((await provider.look(handle, context())).phase).not.toBe('ended');
      await end();
      const view = await provider.look(handle, context());
      expect(view).toMatchObject({ phase: 'ended', ending: 'completed', counts: { total: 20, done: 20, failed: 0 } });
      const outcomes = await outcomesOf(provider, handle);
      expect(outcomes.map((each) => ('customId' in each ? each.customId : null)).sort()).toEqual(
        [...prepared.ids].sort(),
      );
      expect(outcomes.every((each) => each.kind === 'answer' && each.text !== null && each.usage.input !== null)).toBe(
        true,
      );
    });

    test.each(['expired', 'cancelled'] as const)('that ends %s still gives what it finished', async (endAs) => {
      const { provider, prepare, submit, end } = await bench(vendor, { batch: { endAs, partial: 0.5 } });
      const handle = await submit(await prepare(texts(20)));
      await end();
      expect((await provider.look(handle, context())).ending).toBe(endAs);
      const outcomes = await outcomesOf(provider, handle);
      expect(outcomes.filter(({ kind }) => kind === 'answer')).toHaveLength(10);
      expect(outcomes.filter((each) => each.kind === 'unrun' && each.why === endAs)).toHaveLength(10);
    });

    test('is cancelled, and cancelling it again once it has ended is no error', async () => {
      const { provider, prepare, submit, end } = await bench(vendor);
      const handle = await submit(await prepare(texts(5)));
      await provider.cancel(handle, context());
      await provider.cancel(handle, context());
      await end();
      expect((await provider.look(handle, context())).ending).toBe('cancelled');
      await provider.cancel(handle, context());
    });

    test('is forgotten, as often as is asked', async () => {
      const { provider, prepare, submit, end } = await bench(vendor);
      const handle = await submit(await prepare(texts(3)));
      await end();
      await provider.forget(handle, context());
      await provider.forget(handle, context());
      expect((await factsOf(linesOf(provider.output(handle, context())))).fault).toMatch(/not_found|not_ready/);
    });

    test('reports every byte of its upload', async () => {
      const { provider, prepare } = await bench(vendor);
      const prepared = await prepare(texts(200));
      let moved = 0;
      const ctx = { ...context(), moved: (bytes: number) => (moved += bytes) };
      const staged = await provider.stage(prepared.file, prepared.submission, ctx);
      await provider.create(staged, prepared.file, prepared.submission, ctx);
      expect(moved).toBe(prepared.file.bytes);
    });

    test('has its items’ failures as outcomes', async () => {
      const { provider, prepare, submit, end } = await bench(vendor);
      const markers = ['[[fail:400]]', '[[fail:429]]', '[[fail:500]]', '[[refuse]]', '[[truncate]]', 'fine'];
      const prepared = await prepare(markers);
      const handle = await submit(prepared);
      await end();
      const outcomes = await outcomesOf(provider, handle);
      const of = (at: number) => outcomes.find((each) => 'customId' in each && each.customId === prepared.ids[at]);
      expect([of(0), of(1), of(2)]).toMatchObject([{ status: 400 }, { status: 429 }, { status: 500 }]);
      expect([of(3), of(4), of(5)]).toMatchObject([{ finish: 'refused' }, { finish: 'length' }, { finish: 'stop' }]);
    });
  });

  describe(`${vendor.name}: output`, () => {
    const odd = { shuffle: true, crlf: true, blankLines: true, noFinalNewline: true, unicodeSeparators: true };

    test.each([false, true])('survives odd lines, compressed: %s', async (gzip) => {
      const { provider, prepare, submit, end } = await bench(vendor, { gzip, output: odd });
      const handle = await submit(await prepare([...texts(30), '[[fail:400]]']));
      await end();
      const outcomes = await outcomesOf(provider, handle);
      expect(outcomes.filter(({ kind }) => kind === 'answer')).toHaveLength(30);
      expect(outcomes.filter(({ kind }) => kind === 'error')).toHaveLength(1);
    });

    test.each([
      [false, false],
      [true, false],
      [false, true],
    ])('that was cut is not taken for whole, with length: %s, compressed: %s', async (withLength, gzip) => {
      const cut = { route: routes.download, afterBytes: 600, withLength, times: 1 };
      const { provider, prepare, submit, end } = await bench(vendor, { truncateBody: cut, gzip });
      const handle = await submit(await prepare(texts(30)));
      await end();
      const { fault } = await factsOf(linesOf(provider.output(handle, context())));
      expect(['broken_stream', 'connection']).toContain(fault);
      expect(await outcomesOf(provider, handle)).toHaveLength(30);
    });

    test('that stalls ends with the caller’s signal', async () => {
      const { provider, prepare, submit, end } = await bench(vendor, {
        stallBody: { route: routes.download, afterBytes: 500 },
      });
      const handle = await submit(await prepare(texts(30)));
      await end();
      const output = provider.output(handle, { signal: AbortSignal.timeout(300) });
      expect((await factsOf(linesOf(output))).fault).toBe('timeout');
    });

    test('that is not there yet is waited for', async () => {
      const { provider, prepare, submit, end } = await bench(vendor, { batch: { outputNotFoundFor: 1 } });
      const handle = await submit(await prepare(texts(3)));
      await end();
      expect((await factsOf(linesOf(provider.output(handle, context())))).fault).toBe('not_ready');
      expect(await outcomesOf(provider, handle)).toHaveLength(3);
    });
  });

  describe(`${vendor.name}: looking before creating`, () => {
    test.each(['reset', '502'] as const)('a create whose reply is lost by %s is ambiguous, and found', async (how) => {
      const { provider, prepare, submit, end } = await bench(vendor, { loseReply: { route: routes.create, how } });
      const prepared = await prepare(texts(7));
      const { ambiguous, fault } = await factsOf(submit(prepared));
      expect(ambiguous, fault).toBe(true);
      await end();
      const { confirmed } = await provider.find(prepared.submission, context());
      expect(confirmed).toHaveLength(1);
    });

    test('a create that takes too long is ambiguous', async () => {
      const { provider, prepare } = await bench(vendor, { loseReply: { route: routes.create, how: 'timeout' } });
      const { file, submission } = await prepare(texts(3));
      const staged = await provider.stage(file, submission, context());
      const facts = await factsOf(provider.create(staged, file, submission, { signal: AbortSignal.timeout(500) }));
      expect(facts).toMatchObject({ fault: 'timeout', ambiguous: true });
    });

    test.each(['newest', 'oldest'] as const)('it finds its own among thousands, listed %s first', async (order) => {
      const list = { foreign: 3000, foreignSpreadMs: 6 * 60 * 60_000, order };
      const { provider, prepare, submit, end, control } = await bench(vendor, { list });
      const [one, other] = [await prepare(texts(4)), await prepare(texts(4))];
      const [first, second] = [await submit(one), await submit(other)];
      await control.clock({ advanceMs: 2000 });
      const twin = await submit(one);
      await end();
      const found = await provider.find(one.submission, context());
      expect(found.confirmed.map(({ id }) => id)).toEqual([first.id, twin.id]);
      const others = await provider.find({ ...other.submission, known: new Set([first.id, twin.id]) }, context());
      expect(others.confirmed.map(({ id }) => id)).toEqual([second.id]);
    });

    test('it finds nothing where nothing is', async () => {
      const { provider, prepare } = await bench(vendor);
      const { submission } = await prepare(texts(4));
      expect(await provider.find(submission, context())).toEqual({ confirmed: [], possible: [] });
    });
  });

  describe(`${vendor.name}: faults of calls`, () => {
    test.each([
      [401, 'unauthorized'],
      [403, 'forbidden'],
      [404, 'not_found'],
      [409, 'server_error'],
      [413, 'too_large'],
      [422, 'refused'],
      [429, 'rate_limited'],
      [500, 'server_error'],
      [502, 'server_error'],
      [503, 'overloaded'],
      [504, 'gateway_timeout'],
      [529, 'overloaded'],
    ])('HTTP %i is %s', async (status, fault) => {
      const { provider, control } = await bench(vendor);
      await control.setOptions({ calls: { [routes.look]: { status } } });
      const handle = { id: 'some', createdAt: 0, fileId: null };
      expect(await factsOf(provider.look(handle, context()))).toMatchObject({ fault, status, ambiguous: false });
    });

    test.each(['seconds', 'date', 'ms'] as const)('the wait asked for in %s is read', async (retryAfterFormat) => {
      const { provider } = await bench(vendor, {
        startMs: Date.now(),
        calls: { [routes.look]: { status: 429, retryAfter: 90, retryAfterFormat } },
      });
      const { retryAfterMs } = await factsOf(provider.look({ id: 'some', createdAt: 0, fileId: null }, context()));
      expect(retryAfterMs).toBeGreaterThan(80_000);
      expect(retryAfterMs).toBeLessThanOrEqual(91_000);
    });

    test('an account without money is told from a rate limit', async () => {
      const { prepare, submit, provider, ids } = await withLine(vendor, { money: { [vendor.name]: {} } });
      expect((await factsOf(submit(await prepare(texts(2))))).fault).toBe('no_money');
      expect((await factsOf(provider.call(ids, context()))).fault).toBe('no_money');
    });

    test('no word of a vendor’s error leaves in any thrown error', async () => {
      const canary = 'canary the patient said';
      const { provider, control, prepare } = await bench(vendor, { errorBodyText: canary });
      const { file, submission } = await prepare(texts(2));
      const line = Buffer.from(lineOf(vendor, provider, (await prepare(['x'])).ids[0] as never, 'x'));
      const handle = { id: 'none', createdAt: 0, fileId: 'file-none' };
      for (const status of [400, 401, 429, 500]) {
        await control.setOptions({ calls: { '*': { status } } });
        const failures = [
          () => provider.look(handle, context()),
          () => provider.create({ fileId: 'file-x' }, file, submission, context()),
          () => provider.find(submission, context()),
          () => linesOf(provider.output(handle, context())),
          () => provider.cancel(handle, context()),
          ...(status === 400 ? [] : [() => provider.call(line, context())]),
        ];
        for (const failure of failures) {
          const error = await errorOf(failure());
          expect(`${error.message}${error.stack}${JSON.stringify(error)}${String(error.cause)}`).not.toContain(
            'canary',
          );
        }
      }
    });

    test('a key is sent nowhere else: no variable of the SDK changes a call', async () => {
      const names = ['OPENAI_CUSTOM_HEADERS', 'ANTHROPIC_CUSTOM_HEADERS', 'OPENAI_BASE_URL', 'ANTHROPIC_BASE_URL'];
      for (const name of names)
        process.env[name] = name.endsWith('URL') ? 'http://127.0.0.1:1' : 'authorization: stolen';
      try {
        const { provider } = await bench(vendor, { keys: { 'sk-test': 'ours' } });
        expect(await provider.check(vendor.model, context())).toBe('ok');
      } finally {
        for (const name of names) delete process.env[name];
      }
    });
  });

  describe(`${vendor.name}: a model`, () => {
    test('is there, is not, or the key is bad', async () => {
      const { provider, control } = await bench(vendor);
      expect(await provider.check(vendor.model, context())).toBe('ok');
      expect(await provider.check('no-such-model', context())).toBe('unknown_model');
      await control.setOptions({ auth: { reject: 401 } });
      expect(await provider.check(vendor.model, context())).toBe('bad_key');
      await control.setOptions({ auth: { reject: 403 } });
      expect(await provider.check(vendor.model, context())).toBe('unsure');
    });

    test('cannot be asked for where nobody listens', async () => {
      const { provider, emulator } = await bench(vendor);
      await emulator.close();
      expect(await factsOf(provider.check(vendor.model, context()))).toMatchObject({ fault: 'connection' });
    });
  });

  describe(`${vendor.name}: the realtime lane`, () => {
    test('gives the line that the batch would have given', async () => {
      const { provider, ids, customId } = await withLine(vendor);
      const outcome = provider.decode(await provider.call(ids, context()), provider.defaultEndpoint);
      expect(outcome).toMatchObject({ kind: 'answer', customId, finish: 'stop' });
    });

    test.each([400, 404, 413, 422])('has an item’s own refusal (%i) as its line', async (status) => {
      const { provider, ids, customId } = await withLine(vendor, { calls: { [routes.call]: { status } } });
      const outcome = provider.decode(await provider.call(ids, context()), provider.defaultEndpoint);
      expect(outcome).toMatchObject({ kind: 'error', customId });
    });

    test.each([
      [401, 'unauthorized'],
      [429, 'rate_limited'],
      [500, 'server_error'],
      [529, 'overloaded'],
    ])('leaves %i to the caller', async (status, fault) => {
      const { provider, ids } = await withLine(vendor, { calls: { [routes.call]: { status } } });
      expect((await factsOf(provider.call(ids, context()))).fault).toBe(fault);
    });
  });
}

async function withLine(vendor: Vendor, options: Parameters<typeof bench>[1] = {}) {
  const made = await bench(vendor, options);
  const { ids } = await made.prepare(['one']);
  const [customId] = ids;
  if (customId === undefined) throw new Error('one item was prepared');
  return { ...made, customId, ids: Buffer.from(lineOf(vendor, made.provider, customId, 'hello')), allDoneMs };
}
