// What the counts say of the speed of clients: calls let through and refused, by minute, and the most within any minute.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Flow, refill, waitMs } from '../../../emulator/limits/bucket.ts';
import { createRates } from '../../../emulator/limits/rates.ts';
import { chatBody, request, setup } from '../harness.ts';

const minuteMs = 60_000;
const caller = { vendor: 'openai', tenant: 'a', model: 'm' } as const;

test('calls are counted by account and model, in minutes from the first call, and empty minutes are listed', async () => {
  const rig = await setup({ sync: { rpm: 3 }, keys: { 'sk-test': 'one' } });
  const ask = (model = 'gpt-4o-mini') =>
    rig.openai.chat.completions.create({ ...chatBody('hello'), model }).catch(() => null);
  await rig.pass(17_123);
  for (let time = 0; time < 5; time++) await ask();
  await rig.pass(2 * minuteMs + 30_000);
  await ask();
  await ask('gpt-4o');
  await rig.anthropic.messages.create(request('a').params);
  const { rates } = await rig.control.counts();
  const tokens = expect.any(Number);
  expect(rates).toMatchObject([
    { vendor: 'openai', tenant: 'one', model: 'gpt-4o-mini', passed: 4, refused: 2, peak: 3 },
    { vendor: 'openai', tenant: 'one', model: 'gpt-4o', passed: 1, refused: 0, peak: 1 },
    { vendor: 'anthropic', tenant: 'one', model: 'claude-haiku-4-5', passed: 1, refused: 0, peak: 1 },
  ]);
  expect(rates[0]?.minutes).toEqual([
    { passed: 3, refused: 2, tokens },
    { passed: 0, refused: 0, tokens: 0 },
    { passed: 1, refused: 0, tokens },
  ]);
  await rig.control.reset();
  expect((await rig.control.counts()).rates).toEqual([]);
});

test('a refusal of any kind counts as refused, a call that fails otherwise does not', async () => {
  const rig = await setup({ sync: { rate429: 1 } });
  const ask = () => rig.openai.chat.completions.create(chatBody('hello')).catch(() => null);
  await ask();
  await rig.control.setOptions({ sync: null, calls: { 'openai.chat': { status: 429, times: 1 } } });
  await ask();
  await rig.control.setOptions({ calls: { 'openai.chat': { status: 503, times: 1 } } });
  await ask();
  expect((await rig.control.counts()).rates).toMatchObject([{ passed: 0, refused: 2 }]);
});

test('the peak is the most in any 60 seconds, wherever they begin', () => {
  const gaps = fc.array(fc.oneof(fc.integer({ min: 0, max: 30_000 }), fc.constantFrom(20_000, 30_000, minuteMs)), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(gaps, (steps) => {
      const rates = createRates();
      const times: number[] = [];
      for (const step of steps) {
        times.push((times.at(-1) ?? 0) + step);
        rates.pass(caller, times.at(-1) ?? 0, 1);
      }
      const counts = times.map((from) => times.filter((at) => at >= from && at < from + minuteMs).length);
      expect(rates.list()[0]?.peak).toBe(Math.max(...counts));
      expect(rates.list()[0]?.minutes.reduce((sum, { passed }) => sum + passed, 0)).toBe(times.length);
    }),
  );
});

test('no more flows in any span of time than the burst and the flow of that time', () => {
  const flow = fc.record<Flow>({
    perMinute: fc.integer({ min: 1, max: 5000 }),
    burstMs: fc.integer({ min: 100, max: 60_000 }),
  });
  const calls = fc.array(
    fc.record({ step: fc.integer({ min: 0, max: 2000 }), amount: fc.integer({ min: 1, max: 5 }) }),
  );
  fc.assert(
    fc.property(flow, calls, (given, steps) => {
      let bucket = refill(undefined, given, 0);
      let [nowMs, used] = [0, 0];
      for (const { step, amount } of steps) {
        nowMs += step;
        bucket = refill(bucket, given, nowMs);
        if (waitMs(bucket, given, amount) > 0) continue;
        bucket = { ...bucket, level: bucket.level - amount };
        used += amount;
      }
      const burst = Math.max(1, (given.perMinute * given.burstMs) / minuteMs);
      // A use that is larger than the bucket passes when it is full, so one of them may stand out.
      expect(used).toBeLessThanOrEqual(burst + (nowMs * given.perMinute) / minuteMs + 5);
    }),
  );
});

test('waiting as long as one is told is enough, and a millisecond less is not', () => {
  const flow: Flow = { perMinute: 7, burstMs: minuteMs };
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e12 }), fc.integer({ min: 1, max: 7 }), (atMs, amount) => {
      const empty = { level: 0, atMs };
      const wait = Math.ceil(waitMs(empty, flow, amount));
      expect(waitMs(refill(empty, flow, atMs + wait), flow, amount)).toBe(0);
      expect(waitMs(refill(empty, flow, atMs + wait - 1), flow, amount)).toBeGreaterThan(0);
    }),
  );
});
