// OpenAI response bodies as JSON text. Templates rather than objects: this runs once per item of a million.
import { answerText, countTokens, type Item } from '../answers/answer.ts';
import { outcomes } from '../answers/outcome.ts';
import { usageMember } from '../answers/usage.ts';
import type { Options } from '../faults/options.ts';
import { hex8, hex16 } from '../world/hash.ts';
import { countImageTokens, imageCalls, imagesBody } from './images.ts';
import { embeddingsBody, moderationsBody } from './vectors.ts';

export const endpoints = [
  '/v1/chat/completions',
  '/v1/responses',
  '/v1/embeddings',
  '/v1/completions',
  '/v1/moderations',
  '/v1/images/generations',
  '/v1/images/edits',
] as const;
export type Endpoint = (typeof endpoints)[number];
export const isEndpoint = (value: unknown): value is Endpoint => endpoints.some((known) => known === value);

export function openaiBody(endpoint: Endpoint, item: Item, options: Options): string {
  if (endpoint === '/v1/chat/completions') return chatBody(item, answerText(item, options), options);
  if (endpoint === '/v1/responses') return responseBody(item, answerText(item, options), options);
  if (endpoint === '/v1/completions') return completionBody(item, answerText(item, options), options);
  if (endpoint === '/v1/embeddings') return embeddingsBody(item, options);
  return endpoint === '/v1/moderations' ? moderationsBody(item) : imagesBody(item, options);
}

export function outputTokens(endpoint: Endpoint, item: Item, options: Options): number {
  if (endpoint === '/v1/embeddings' || endpoint === '/v1/moderations') return 0;
  return endpoint.startsWith('/v1/images/') ? countImageTokens(item) : countTokens(answerText(item, options));
}

function chatBody(item: Item, text: string, options: Options): string {
  const refused = item.outcome === outcomes.refused;
  const content = refused ? 'null' : JSON.stringify(text);
  const refusal = refused ? JSON.stringify(text) : 'null';
  const finish = item.outcome === outcomes.truncated ? 'length' : 'stop';
  const message = `{"role":"assistant","content":${content},"refusal":${refusal},"annotations":[]}`;
  const usage = usageMember(item, options, chatUsage(item, countTokens(text)));
  return `{"id":"chatcmpl-${hex16(item.hash)}","object":"chat.completion","created":${item.createdS},"model":${JSON.stringify(item.model)},"choices":[{"index":0,"message":${message},"logprobs":null,"finish_reason":"${finish}"}]${usage},"service_tier":"default","system_fingerprint":null}`;
}

function chatUsage({ tokens }: Item, output: number): string {
  return `{"prompt_tokens":${tokens},"completion_tokens":${output},"total_tokens":${tokens + output},"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`;
}

function completionBody(item: Item, text: string, options: Options): string {
  const output = countTokens(text);
  const finish = item.outcome === outcomes.truncated ? 'length' : 'stop';
  const used = `{"prompt_tokens":${item.tokens},"completion_tokens":${output},"total_tokens":${item.tokens + output}}`;
  return `{"id":"cmpl-${hex16(item.hash)}","object":"text_completion","created":${item.createdS},"model":${JSON.stringify(item.model)},"choices":[{"text":${JSON.stringify(text)},"index":0,"logprobs":null,"finish_reason":"${finish}"}]${usageMember(item, options, used)}}`;
}

function responseBody(item: Item, text: string, options: Options): string {
  const cut = item.outcome === outcomes.truncated;
  const status = cut ? 'incomplete' : 'completed';
  const part =
    item.outcome === outcomes.refused
      ? `{"type":"refusal","refusal":${JSON.stringify(text)}}`
      : `{"type":"output_text","text":${JSON.stringify(text)},"annotations":[],"logprobs":[]}`;
  const message = `{"id":"msg_${hex16(item.hash)}","type":"message","role":"assistant","status":"${status}","content":[${part}]}`;
  const details = cut ? '{"reason":"max_output_tokens"}' : 'null';
  const output = countTokens(text);
  const used = `{"input_tokens":${item.tokens},"input_tokens_details":{"cached_tokens":0},"output_tokens":${output},"output_tokens_details":{"reasoning_tokens":0},"total_tokens":${item.tokens + output}}`;
  return `{"id":"resp_${hex16(item.hash)}${hex8(item.hash.lo)}","object":"response","created_at":${item.createdS},"status":"${status}","error":null,"incomplete_details":${details},"instructions":null,"max_output_tokens":null,"model":${JSON.stringify(item.model)},"output":[${imageCalls(item, options)}${message}],"parallel_tool_calls":true,"previous_response_id":null,"service_tier":"default","store":false,"temperature":1,"tool_choice":"auto","tools":[],"top_p":1,"truncation":"disabled"${usageMember(item, options, used)},"metadata":{}}`;
}
