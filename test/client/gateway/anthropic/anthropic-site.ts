// A site whose gateway is called by the official SDK of Anthropic.

import Anthropic from '@anthropic-ai/sdk';
import type { MessageBatch, MessageBatchIndividualResponse } from '@anthropic-ai/sdk/resources/messages/batches';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { until } from '../../../end-to-end/crash/cell.ts';
import { type ConfigChanges, type GatewaySite, testToken, withGateway } from '../gateway-site.ts';

const other = testToken('other');
export const acme = testToken('acme');

export interface SdkSite extends GatewaySite {
  readonly sdk: Anthropic;
  /** Of another tenant. */
  readonly otherSdk: Anthropic;
}

type SiteOptions = Parameters<typeof withGateway>[2];
const quick = { validateMs: 50, runMs: 400, finalizeMs: 50, cancelMs: 50 };

const makeSdk = (url: string, token: string): Anthropic =>
  new Anthropic({ baseURL: url, apiKey: token, maxRetries: 0 });

export function withSdk(
  env: TestWorkflowEnvironment,
  name: string,
  { gateway, ...options }: SiteOptions,
  use: (at: SdkSite) => Promise<void>,
): Promise<void> {
  const config: ConfigChanges = {
    tokens: [acme.entry, other.entry],
    models: [
      { match: 'claude-*', provider: 'anthropic' },
      { match: 'gpt-*', provider: 'openai' },
      { match: 'gemini-*', provider: 'gemini' },
    ],
    batchJob: { poll: { initial: '200ms', max: '300ms' } },
    ...gateway,
  };
  return withGateway(env, name, { ...quick, ...options, gateway: config }, (at) =>
    use({ ...at, sdk: makeSdk(at.gateway.url, acme.token), otherSdk: makeSdk(at.gateway.url, other.token) }),
  );
}

export const request = (customId: string, params: object = {}) => ({
  custom_id: customId,
  params: {
    model: 'claude-haiku-4-5',
    max_tokens: 16,
    messages: [{ role: 'user' as const, content: `ticket ${customId}` }],
    ...params,
  },
});

export async function untilEnded(sdk: Anthropic, id: string): Promise<MessageBatch> {
  let batch = await sdk.messages.batches.retrieve(id);
  await until(`${id} has ended`, async () => {
    batch = await sdk.messages.batches.retrieve(id);
    return batch.processing_status === 'ended';
  });
  return batch;
}

export async function collectResults(sdk: Anthropic, id: string): Promise<MessageBatchIndividualResponse[]> {
  const lines: MessageBatchIndividualResponse[] = [];
  for await (const line of await sdk.messages.batches.results(id)) lines.push(line);
  return lines;
}
