// Where a request of Anthropic's is answered: its account's region, which models take it, and what an answer says of it.

import { expect, test } from 'vitest';
import { createMeter } from '../../../activities/realtime/meter.ts';
import { findPricesIn } from '../../../domain/money/cost.ts';
import { builtInPrices } from '../../../domain/money/prices.ts';
import { defaultVerdicts } from '../../../domain/outcome/verdict.ts';
import { vendorEntries } from '../../../providers/registry.ts';
import { createJudge } from '../../../threads/tasks/judge.ts';
import { makeProvider } from '../vendors/emulated-vendor.ts';

const anthropic = makeProvider(vendorEntries.anthropic, { apiKey: 'k' });

test.each(['claude-opus-4-5', 'claude-haiku-4-5-20251001', 'claude-sonnet-4-20250514', 'claude-3-haiku-20240307'])(
  'a model that is too old to be answered in a region is refused in an account with one: %s',
  (model) => {
    const body = { model, messages: [1], max_tokens: 1 };
    const inRegion = makeProvider(vendorEntries.anthropic, { apiKey: 'k', region: 'us' });
    const problem = `inference_geo: ${model} is too old for it; take a newer model, or an account without a region`;
    expect(inRegion.findProblems({ ...body, inference_geo: 'us' }, '/v1/messages')).toEqual([problem]);
    expect(anthropic.findProblems(body, '/v1/messages')).toEqual([]);
    const behindProxy = makeProvider(vendorEntries.anthropic, { apiKey: 'k', region: 'us', baseUrl: 'http://proxy' });
    expect(behindProxy.findProblems({ ...body, inference_geo: 'us' }, '/v1/messages')).toEqual([]);
  },
);

test.each(['claude-opus-4-6', 'claude-sonnet-4-6-20260217', 'claude-haiku-5-5', 'claude-opus-5', '{{ model }}'])(
  'a newer one is taken there: %s',
  (model) => {
    const inRegion = makeProvider(vendorEntries.anthropic, { apiKey: 'k', region: 'us' });
    const body = { model, messages: [1], max_tokens: 1, inference_geo: 'us' };
    expect(inRegion.findProblems(body, '/v1/messages')).toEqual([]);
  },
);

/** A usage as the vendor sends it. */
const usage = {
  input_tokens: 1_000_000,
  cache_creation_input_tokens: 1_000_000,
  cache_read_input_tokens: 1_000_000,
  cache_creation: { ephemeral_5m_input_tokens: 400_000, ephemeral_1h_input_tokens: 600_000 },
  output_tokens: 100_000,
  output_tokens_details: { thinking_tokens: 20_000 },
  server_tool_use: { web_search_requests: 0, web_fetch_requests: 0 },
  service_tier: 'batch',
};
/** What it costs in a batch of claude-opus-4-6, wherever it runs: 2.5 + 0.4 × 3.125 + 0.6 × 5 + 0.25 + 0.1 × 12.5. */
const everywhereUsd = 8.25;

test.each([
  ['us', null, 1.1],
  ['eu', null, 1.1],
  ['global', null, 1],
  ['not_available', null, 1],
  [undefined, null, 1],
  [null, null, 1],
  ['us', 'us', 1.1],
  ['global', 'us', 1.1],
])('an answer that ran in %j, of an account with region %j, costs its place', (inference_geo, region, factor) => {
  const model = 'claude-opus-4-6';
  const provider = makeProvider(vendorEntries.anthropic, { apiKey: 'k', ...(region === null ? {} : { region }) });
  const spec = { schema: null, keep: { responses: false, providerFiles: false } };
  const job = { policy: defaultVerdicts, prices: findPricesIn(region, builtInPrices.models), spec };
  const message = { model, content: [{ type: 'text', text: 'x' }], stop_reason: 'end_turn' };
  const result = { type: 'succeeded', message: { ...message, usage: { ...usage, inference_geo } } };
  const bytes = Buffer.from(JSON.stringify({ custom_id: 'a', result }));
  const line = provider.decode(bytes, provider.defaultEndpoint);
  if (line.kind !== 'answer') throw new Error('no answer was read');
  const judge = createJudge({ job, lane: 'batch', model, cancelReason: 'cancelled' });
  expect(judge.judgeLine(line, 0).costUsd).toBeCloseTo(everywhereUsd * factor, 9);
  const call = { model, endpoint: provider.defaultEndpoint };
  expect(createMeter(provider, { prices: job.prices, spec: {} }, call).read(bytes)?.costUsd).toBeCloseTo(
    2 * everywhereUsd * factor,
    9,
  );
});
