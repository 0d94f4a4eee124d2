// The vendor's own SDK, pointed at a gateway.

import type { TestWorkflowEnvironment } from '@temporalio/testing';
import OpenAI, { toFile } from 'openai';
import type { Batch } from 'openai/resources/batches';
import { Site } from '../../../workflows/site.ts';
import { type ConfigChanges, type RunningTestGateway, startGateway, testToken } from '../gateway-site.ts';

const quick = { validateMs: 50, runMs: 400, finalizeMs: 50, cancelMs: 50 };

/** Two tenants. Each has an SDK with its own token. */
const tenants = { acme: testToken('acme'), other: testToken('other') };

export const frontConfig: ConfigChanges = {
  tokens: Object.values(tenants).map(({ entry }) => entry),
  models: [
    { match: 'gpt-*', provider: 'openai' },
    { match: 'claude-*', provider: 'anthropic' },
    { match: 'gemini-*', provider: 'gemini' },
  ],
  batchJob: {
    batch: { maxItems: 50, concurrency: 2 },
    poll: { initial: '200ms', max: '300ms' },
    retry: { backoff: '100ms' },
  },
};

export interface OpenaiSite {
  readonly site: Site;
  readonly gateway: RunningTestGateway;
  readonly openai: OpenAI;
  /** Of another tenant. */
  readonly stranger: OpenAI;
}

type SiteOptions = Parameters<typeof Site.with>[2];

export function withOpenai(
  env: TestWorkflowEnvironment,
  name: string,
  { config = {}, ...options }: SiteOptions & { readonly config?: ConfigChanges },
  use: (at: OpenaiSite) => Promise<void>,
): Promise<void> {
  return Site.with(env, name, { ...quick, ...options }, async (site) => {
    const gateway = await startGateway(site, { ...frontConfig, ...config });
    try {
      await use({ site, gateway, openai: makeSdk(gateway), stranger: makeSdk(gateway, 'other') });
    } finally {
      await gateway.drain();
    }
  });
}

export const makeSdk = ({ url }: RunningTestGateway, tenant: keyof typeof tenants = 'acme'): OpenAI =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: tenants[tenant].token, maxRetries: 0 });

const chatEndpoint = '/v1/chat/completions';

export const makeLine = (customId: string, changes: object = {}): object => ({
  custom_id: customId,
  method: 'POST',
  url: chatEndpoint,
  body: {
    model: 'gpt-5.4-mini',
    messages: [{ role: 'user', content: `ticket ${customId}` }],
    max_completion_tokens: 16,
    ...changes,
  },
});

export const makeLines = (count: number, changes: object = {}): string =>
  Array.from({ length: count }, (_, index) => `${JSON.stringify(makeLine(`row-${index + 1}`, changes))}\n`).join('');

export async function createBatch(openai: OpenAI, lines: string | Buffer, endpoint = chatEndpoint): Promise<Batch> {
  const file = await openai.files.create({ file: await toFile(Buffer.from(lines), 'rows.jsonl'), purpose: 'batch' });
  return openai.batches.create({
    input_file_id: file.id,
    endpoint: endpoint as typeof chatEndpoint,
    completion_window: '24h',
  });
}

const ends: ReadonlySet<string> = new Set(['completed', 'failed', 'expired', 'cancelled']);

export const waitForEnd = (openai: OpenAI, id: string): Promise<Batch> =>
  waitFor(openai, id, ({ status }) => ends.has(status));

export async function waitFor(openai: OpenAI, id: string, isSo: (batch: Batch) => boolean): Promise<Batch> {
  for (;;) {
    const batch = await openai.batches.retrieve(id);
    if (isSo(batch)) return batch;
    if (ends.has(batch.status)) throw new Error(`the batch has ended: ${JSON.stringify(batch)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export interface OutputLine {
  readonly custom_id: string;
  readonly response: {
    readonly status_code: number;
    readonly body: {
      readonly choices?: readonly { readonly finish_reason: string; readonly message: { readonly content: string } }[];
      readonly error?: { readonly message: string; readonly type: string; readonly param: string | null };
    };
  } | null;
  readonly error: { readonly code: string } | null;
}

/** Empty if there is no file. */
export async function readLines(openai: OpenAI, fileId: string | null | undefined): Promise<readonly OutputLine[]> {
  if (fileId === null || fileId === undefined) return [];
  const text = await (await openai.files.content(fileId)).text();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
