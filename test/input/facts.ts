// The facts of two providers for `parseJob`: small, and with a limit each way.

import type { SpecFacts } from '../../input/facts.ts';

export const facts: SpecFacts = {
  workflowId: 'tickets',
  at: Date.UTC(2026, 10, 20, 23, 30),
  providers: {
    openai: {
      endpoints: ['/v1/chat/completions', '/v1/embeddings', '/v1/images/generations'],
      defaultEndpoint: '/v1/chat/completions',
      lanes: ['batch', 'realtime'],
      accounts: ['default', 'eu'],
      modelInBody: true,
      inputsMax: { '/v1/embeddings': 2048 },
      limits: { itemsMax: 50_000, bytesMax: 200_000_000, itemsMin: 1 },
    },
    anthropic: {
      endpoints: ['/v1/messages'],
      defaultEndpoint: '/v1/messages',
      lanes: ['batch', 'realtime'],
      accounts: ['default'],
      modelInBody: true,
      limits: { itemsMax: 5_000, bytesMax: 100_000_000, itemsMin: 100 },
    },
  },
  findProblems: (_provider, _account, body) =>
    typeof body === 'object' && body !== null && 'stream' in body ? ['stream: leave it out'] : [],
  findModelProblem: (_provider, model, endpoint) =>
    model === 'foreign' ? `no model of ${endpoint ?? 'any endpoint'}` : null,
  findMissingLimit: (_provider, body, _endpoint, model) =>
    model === 'boundless' && typeof body === 'object' && body !== null && !('max_tokens' in body) ? 'max_tokens' : null,
  buildBody: (provider, { system, user }) => ({ provider, messages: [system ?? '', user] }),
  fixedFields: () => ({}),
};

export const smallest = {
  dataset: 'data/tickets.jsonl',
  provider: 'openai',
  model: 'gpt-5.4-mini',
  request: { messages: [{ role: 'user', content: '{{ text }}' }] },
};

/** Rows that share requests. */
export const embeddings = {
  ...smallest,
  model: 'text-embedding-3-small',
  endpoint: '/v1/embeddings',
  request: { input: '{{ text }}' },
  batch: { inputsPerRequest: 100 },
};

export const images = { ...smallest, endpoint: '/v1/images/generations', request: { prompt: '{{ text }}' } };
