// Where a request of Anthropic's is answered: its account's region, which models take it, and what an answer says of it.

import { expect, test } from 'vitest';
import { vendorEntries } from '../../../providers/registry.ts';
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
