// The part of the contract that is about single calls: their faults, models, and the realtime lane.

import { describe, expect, test } from 'vitest';
import {
  catchError,
  catchFacts,
  collectLines,
  context,
  type EmulatedVendor,
  makeLine,
  startVendor,
  targetOf,
} from './emulated-vendor.ts';

export function callsContract(vendor: EmulatedVendor): void {
  faultsContract(vendor);
  secretsContract(vendor);
  modelContract(vendor);
  realtimeContract(vendor);
}

export function realtimeOnlyContract(vendor: EmulatedVendor): void {
  describe(`${vendor.name}: batches`, () => {
    test('cannot be created, and nothing is sent for one', async () => {
      const { provider, prepare, control } = await startVendor(vendor);
      const { file, submission } = await prepare(['a']);
      const calls = [
        () => provider.upload(file, submission, context()),
        () => provider.find(submission, context()),
        () => provider.create({ fileId: 'f' }, file, submission, context()),
      ];
      for (const call of calls) expect((await catchFacts(call())).fault).toBe('refused');
      expect(await control.requests()).toEqual([]);
    });
  });
  modelContract(vendor);
  realtimeContract(vendor);
}

function faultsContract(vendor: EmulatedVendor): void {
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
      const { provider, control } = await startVendor(vendor);
      await control.setOptions({ calls: { [vendor.routes.poll]: { status } } });
      const handle = { id: 'some', createdAt: 0, fileId: null };
      expect(await catchFacts(provider.poll(handle, context()))).toMatchObject({ fault, status, ambiguous: false });
    });

    test.each(['seconds', 'date', 'ms'] as const)('the wait asked for in %s is read', async (retryAfterFormat) => {
      const { provider } = await startVendor(vendor, {
        startMs: Date.now(),
        calls: { [vendor.routes.poll]: { status: 429, retryAfter: 90, retryAfterFormat } },
      });
      const { retryAfterMs } = await catchFacts(provider.poll({ id: 'some', createdAt: 0, fileId: null }, context()));
      expect(retryAfterMs).toBeGreaterThan(80_000);
      expect(retryAfterMs).toBeLessThanOrEqual(91_000);
    });

    test('an account without money is told from a rate limit', async () => {
      const { prepare, submit, provider, ids } = await withLine(vendor, { money: { [vendor.api]: {} } });
      expect((await catchFacts(submit(await prepare(['a', 'b'])))).fault).toBe('no_money');
      expect((await catchFacts(provider.call(ids, targetOf(vendor, provider), context()))).fault).toBe('no_money');
    });
  });
}

function secretsContract(vendor: EmulatedVendor): void {
  describe(`${vendor.name}: secrets of calls`, () => {
    test('no word of a vendor’s error leaves in any thrown error', async () => {
      const canary = 'canary the patient said';
      const { provider, control, prepare } = await startVendor(vendor, { errorBodyText: canary });
      const { file, submission } = await prepare(['a', 'b']);
      const line = Buffer.from(makeLine(vendor, provider, (await prepare(['x'])).ids[0] as never, 'x'));
      const handle = { id: 'none', createdAt: 0, fileId: 'file-none' };
      for (const status of [400, 401, 429, 500]) {
        await control.setOptions({ calls: { '*': { status } } });
        const failures = [
          () => provider.poll(handle, context()),
          () => provider.create({ fileId: 'file-x' }, file, submission, context()),
          () => provider.find(submission, context()),
          () => collectLines(provider.download(handle, context())),
          ...(vendor.routes.cancel !== null ? [() => provider.cancel(handle, context())] : []),
          ...(status === 400 ? [] : [() => provider.call(line, targetOf(vendor, provider), context())]),
        ];
        for (const failure of failures) {
          const error = await catchError(failure());
          expect(`${error.message}${error.stack}${JSON.stringify(error)}${String(error.cause)}`).not.toContain(
            'canary',
          );
        }
      }
    });

    test('a key is sent nowhere else: no variable of the SDK changes a call', async () => {
      const names = [
        ...['OPENAI_CUSTOM_HEADERS', 'ANTHROPIC_CUSTOM_HEADERS', 'OPENAI_BASE_URL', 'ANTHROPIC_BASE_URL'],
        ...['GOOGLE_API_KEY', 'GOOGLE_GEMINI_BASE_URL', 'AWS_ENDPOINT_URL_BEDROCK', 'AWS_BEARER_TOKEN_BEDROCK'],
      ];
      for (const name of names) {
        process.env[name] = name.endsWith('URL') ? 'http://127.0.0.1:1' : 'authorization: stolen';
      }
      try {
        const { provider } = await startVendor(vendor, { keys: { 'sk-test': 'ours' } });
        expect(await provider.check(vendor.model, context())).toBe('ok');
      } finally {
        for (const name of names) delete process.env[name];
      }
    });
  });
}

export function modelContract(vendor: EmulatedVendor): void {
  describe(`${vendor.name}: a model`, () => {
    test('is there, is not, or the key is bad', async () => {
      const { provider, control } = await startVendor(vendor);
      expect(await provider.check(vendor.model, context())).toBe('ok');
      expect(await provider.check('no-such-model', context())).toBe(vendor.listsModels ? 'unknown_model' : 'ok');
      await control.setOptions({ auth: { reject: 401 } });
      expect(await provider.check(vendor.model, context())).toBe('bad_key');
      await control.setOptions({ auth: { reject: 403 } });
      expect(await provider.check(vendor.model, context())).toBe('unsure');
    });

    test('cannot be asked for where nobody listens', async () => {
      const { provider, emulator } = await startVendor(vendor);
      await emulator.close();
      expect(await catchFacts(provider.check(vendor.model, context()))).toMatchObject({ fault: 'connection' });
    });
  });
}

function realtimeContract(vendor: EmulatedVendor): void {
  describe(`${vendor.name}: the realtime lane`, () => {
    test('gives the line that the batch would have given', async () => {
      const { provider, ids, customId } = await withLine(vendor);
      const outcome = provider.decode(
        await provider.call(ids, targetOf(vendor, provider), context()),
        provider.defaultEndpoint,
      );
      expect(outcome).toMatchObject({ kind: 'answer', customId, finish: 'stop' });
    });

    test.each([400, 404, 413, 422])('has an item’s own refusal (%i) as its line', async (status) => {
      const { provider, ids, customId } = await withLine(vendor, { calls: { [vendor.routes.call]: { status } } });
      const outcome = provider.decode(
        await provider.call(ids, targetOf(vendor, provider), context()),
        provider.defaultEndpoint,
      );
      expect(outcome).toMatchObject({ kind: 'error', customId });
    });

    test.each([
      [401, 'unauthorized'],
      [429, 'rate_limited'],
      [500, 'server_error'],
      [529, 'overloaded'],
    ])('leaves %i to the caller', async (status, fault) => {
      const { provider, ids } = await withLine(vendor, { calls: { [vendor.routes.call]: { status } } });
      expect((await catchFacts(provider.call(ids, targetOf(vendor, provider), context()))).fault).toBe(fault);
    });
  });
}

async function withLine(vendor: EmulatedVendor, options: Parameters<typeof startVendor>[1] = {}) {
  const made = await startVendor(vendor, options);
  const { ids } = await made.prepare(['one']);
  const [customId] = ids;
  if (customId === undefined) throw new Error('one item was prepared');
  return { ...made, customId, ids: Buffer.from(makeLine(vendor, made.provider, customId, 'hello')) };
}
