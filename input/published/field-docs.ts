// The default of each field of a job, an example, and the effect on the bill. The editors' schema and docs/job-file.md are made from it, and
// tests compare it with `resolve.ts`.

import type { Json } from '../../domain/outcome/outcome.ts';

export interface FieldDoc {
  /** A value as JSON, or a rule in words; null if the field is required or has no default. */
  readonly default: { readonly value: Json } | string | null;
  readonly example: Json;
  /** The field's effect on the bill; absent if none. */
  readonly costs?: string;
}

const value = (json: Json): { readonly value: Json } => ({ value: json });

/** By the field's path, in the order of the schema. */
export const fieldDocs: Readonly<Record<string, FieldDoc>> = {
  $schema: { default: null, example: '../job.schema.json' },
  version: { default: value(1), example: 1 },
  dataset: { default: null, example: 'data/tickets.jsonl' },
  'dataset.uri': { default: null, example: 'data/{date}.jsonl' },
  'dataset.format': { default: "by the file's extension", example: 'csv' },
  'dataset.encoding': { default: 'UTF-8, or UTF-16 if the file shows it', example: 'windows-1252' },
  'dataset.delimiter': { default: 'the one of , ; tab | that the first lines show', example: ';' },
  'dataset.files': { default: 'none', example: ['image'], costs: 'an image costs what its tokens cost' },
  'dataset.id': { default: 'the column `id` of a row that has one, else the row number', example: 'ticket' },
  'dataset.limit': { default: 'all rows', example: 1000, costs: 'only these rows are paid for' },
  provider: { default: null, example: 'openai' },
  account: { default: 'default', example: 'eu' },
  tenant: { default: 'none', example: 'team-a' },
  feature: { default: 'none', example: 'search' },
  priority: { default: value(2), example: 3 },
  model: {
    default: 'the model that `request` or each ready-made line names',
    example: 'gpt-5.4-mini',
    costs: "the model's price",
  },
  endpoint: { default: "the provider's chat endpoint", example: '/v1/embeddings' },
  request: {
    default: 'none: either this, `prompt` or ready-made lines',
    example: { messages: [{ role: 'user', content: '{{ text }}' }], max_completion_tokens: 16 },
    costs: 'the estimate counts its output limit, or the most that the model can write if it names none',
  },
  prompt: {
    default: 'none: either this, `request` or ready-made lines',
    example: { user: '{{ text }}', maxTokens: 16 },
  },
  'prompt.system': { default: 'none', example: 'Classify the ticket as bug, feature or question.' },
  'prompt.user': { default: null, example: 'Ticket: {{ text }}' },
  'prompt.schema': {
    default: 'none',
    example: { type: 'object', properties: { label: { type: 'string' } }, required: ['label'] },
    costs: 'an answer that does not satisfy it is paid for, and asked for once more',
  },
  'prompt.maxTokens': {
    default: "the provider's own limit",
    example: 200,
    costs: 'the longer an answer may be, the more it can cost',
  },
  'prompt.temperature': { default: "the model's own", example: 0 },
  'prompt.cache': {
    default: value(false),
    example: true,
    costs: 'cached input is cheaper to read, and at Anthropic more expensive to write',
  },
  schema: {
    default: 'none',
    example: { type: 'object', properties: { label: { type: 'string' } }, required: ['label'] },
    costs: 'an answer that does not satisfy it is paid for, and asked for once more',
  },
  output: { default: '`runs/<workflow id>/`', example: 'runs/tickets-november/' },
  'output.uri': { default: null, example: 'runs/nightly/{date}/' },
  'output.format': { default: value('jsonl'), example: 'parquet' },
  timezone: { default: value('UTC'), example: 'Europe/Berlin' },
  batch: { default: 'as its fields', example: { maxItems: 5000, concurrency: 20 } },
  'batch.maxItems': { default: value(10_000), example: 5000 },
  'batch.maxBytes': { default: "the provider's limit", example: 50_000_000 },
  'batch.inputsPerRequest': { default: value(1), example: 100 },
  'batch.concurrency': { default: value(10), example: 20 },
  realtime: { default: 'as its fields', example: { rpm: 600 } },
  'realtime.concurrency': { default: value(16), example: 4 },
  'realtime.rpm': { default: "no limit but the provider's", example: 600 },
  'realtime.tpm': { default: "no limit but the provider's", example: 200_000 },
  poll: { default: 'as its fields', example: { initial: '30s', max: '10m' } },
  'poll.initial': { default: value('10s'), example: '30s' },
  'poll.factor': { default: value(1.5), example: 2 },
  'poll.max': { default: value('5m'), example: '10m' },
  retry: { default: 'as its fields', example: { rounds: 1 } },
  'retry.rounds': {
    default: value(3),
    example: 1,
    costs:
      'an item that is sent again costs again if its first answer was billed, for example one that does not satisfy the schema',
  },
  'retry.backoff': { default: value('30s'), example: '5m' },
  'retry.flawed': {
    default: value(true),
    example: false,
    costs: 'such an answer is paid for, and the next one too',
  },
  deadline: { default: 'as its fields', example: { batch: '12h', job: '30h' } },
  'deadline.batch': {
    default: value('20h'),
    example: '12h',
    costs: 'what a cancelled batch had finished is paid for and kept',
  },
  'deadline.job': { default: 'none', example: '30h' },
  'deadline.then': {
    default: value('fallback'),
    example: 'fail',
    costs: '`fallback` sends the items in realtime, at about twice the price',
  },
  sla: { default: 'none; metrics use 2h', example: '2h' },
  fallback: { default: 'as its fields', example: { lane: 'realtime', maxUsd: 5 } },
  'fallback.lane': {
    default: value('realtime'),
    example: 'none',
    costs: '`realtime` costs about twice the price of a batch',
  },
  'fallback.maxUsd': { default: 'what the budget leaves', example: 5, costs: 'a limit for the fallback alone' },
  minBatchItems: { default: value(50), example: 0, costs: 'these few items cost about twice the price of a batch' },
  mode: {
    default: value('batch'),
    example: 'hybrid',
    costs: 'what goes through the realtime lane costs about twice the price of a batch',
  },
  route: { default: 'none: a hybrid job needs it', example: { when: 'priority == "high"', upTo: 500 } },
  'route.when': { default: 'every row matches', example: 'wait_minutes < 30 or customer.tier == "gold"' },
  'route.upTo': {
    default: 'what the realtime limits allow in an hour',
    example: 500,
    costs: 'these rows cost about twice the price of a batch',
  },
  maxRejectRate: { default: value(0.05), example: 0.5 },
  rollout: { default: 'none: all rows in one step', example: { steps: [0.01, 0.1, 1], approve: true } },
  'rollout.steps': {
    default: value([0.01, 0.1, 1]),
    example: [0.05, 1],
    costs: 'a sample of fewer rows than `minBatchItems` goes through the realtime lane',
  },
  'rollout.maxErrorRate': { default: value(0.05), example: 0.01 },
  'rollout.approve': { default: value(false), example: true },
  budget: { default: 'no limit', example: { usd: 25 } },
  'budget.usd': { default: null, example: 25, costs: 'a limit for the whole job' },
  'budget.strict': {
    default: value(false),
    example: true,
    costs: 'less of the budget is used before the job pauses',
  },
  reuse: { default: 'none', example: 'runs/tickets/results.jsonl', costs: 'rows that are answered there cost nothing' },
  resumeFrom: { default: 'none', example: 'runs/tickets/', costs: 'what was paid for is not paid for again' },
  webhook: { default: 'none', example: { url: 'https://example.com/nightshift' } },
  'webhook.url': { default: null, example: 'https://example.com/nightshift' },
  'webhook.events': { default: value(['job.ended']), example: ['job.ended', 'job.paused'] },
  keep: { default: 'as its fields', example: { responses: true } },
  'keep.responses': { default: value(false), example: true },
  'keep.providerFiles': { default: value(false), example: true },
};

/** As a sentence for editors; empty if there is no default. */
export function describeDefault({ default: known }: FieldDoc): string {
  if (known === null || known === 'as its fields') return '';
  return ` Default: ${typeof known === 'string' ? known : JSON.stringify(known.value)}.`;
}
