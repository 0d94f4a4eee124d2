// OpenAI's requests: their bodies, and their lines in a requests file.

import type { CustomId } from '../../../domain/ids.ts';
import type { OutputLimit } from '../../../domain/money/output-limit.ts';
import type { Json } from '../../../domain/outcome/outcome.ts';
import { describeLacks } from '../../../domain/request/needs.ts';
import type { Prompt } from '../../../domain/request/prompt.ts';
import { asFields, asJson, asText, type Fields, isAbsent } from '../../json-fields.ts';
import { findTierProblems } from '../dear-tiers.ts';
import type { DialectSettings, RequestLine } from '../dialect.ts';
import { describeForeignModel } from '../foreign-model.ts';
import { findModelChoices } from '../other-models.ts';
import { readLimit } from '../output-limit.ts';
import { readRawMember } from '../raw-member.ts';
import { type LineParts, makeLineHead, opening, relabelLine, splitLine } from '../request-line.ts';
import { findImageProblems, imageEndpoints, imageLimit } from './images.ts';
import { findNeeds } from './needs.ts';

export const chatEndpoint = '/v1/chat/completions';
const responsesEndpoint = '/v1/responses';
export const openaiEndpoints: readonly string[] = [
  chatEndpoint,
  responsesEndpoint,
  '/v1/embeddings',
  '/v1/completions',
  '/v1/moderations',
  ...imageEndpoints,
];

const embeddingsEndpoint = '/v1/embeddings';
/** Inputs of one embeddings request. */
const embeddingInputsMax = 2048;
export const inputsMax = { [embeddingsEndpoint]: embeddingInputsMax };

/** Caching is automatic in this dialect, so `prompt.cache` asks for nothing. */
export function buildBody(prompt: Prompt, endpoint: string, limitField: string): Json | null {
  if (endpoint === responsesEndpoint) return responsesBody(prompt);
  return endpoint === chatEndpoint ? chatBody(prompt, limitField) : null;
}

function responsesBody({ system, user, schema, maxTokens, temperature }: Prompt): Json {
  return {
    ...(system === undefined ? {} : { instructions: system }),
    input: [{ role: 'user', content: user }],
    ...(maxTokens === undefined ? {} : { max_output_tokens: maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(schema === undefined
      ? {}
      : { text: { format: { type: 'json_schema', name: 'answer', strict: true, schema } } }),
  };
}

function chatBody({ system, user, schema, maxTokens, temperature }: Prompt, limitField: string): Json {
  return {
    messages: [...(system === undefined ? [] : [{ role: 'system', content: system }]), { role: 'user', content: user }],
    ...(maxTokens === undefined ? {} : { [limitField]: maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(schema === undefined
      ? {}
      : { response_format: { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema } } }),
  };
}

/** What an account's requests must keep to. */
export type RequestRules = Partial<Pick<DialectSettings, 'name' | 'endpoints' | 'lacks' | 'isVendorItself'>>;

/** Finds only what is certainly refused: a value that is still a template may become anything. */
export function findProblems(
  body: Json,
  endpoint: string,
  { name = 'openai', endpoints = openaiEndpoints, lacks = [], isVendorItself = false }: RequestRules = {},
): readonly string[] {
  const fields = asFields(body);
  if (endpoint.endsWith('/videos')) return ['endpoint: videos are not made, because nothing fetches them'];
  if (!endpoints.includes(endpoint)) return [`endpoint: batches are built for ${endpoints.join(', ')}`];
  if (fields === null) return ['the request must be an object'];
  const problems = findMissing(fields, endpoint);
  problems.push(...describeLacks(name, findNeeds(body), lacks));
  const foreign = isVendorItself ? describeForeignModel(fields.model, [name]) : null;
  if (foreign !== null) problems.push(`model: ${foreign}`);
  problems.push(...findTierProblems('service_tier', fields.service_tier), ...findModelChoices(fields));
  if (fields.stream === true) problems.push('stream: a batch cannot stream, leave it out');
  if (endpoint === embeddingsEndpoint && Array.isArray(fields.input) && fields.input.length > embeddingInputsMax) {
    problems.push(`input: at most ${embeddingInputsMax} inputs in one request`);
  }
  return problems;
}

function findMissing(fields: Fields, endpoint: string): string[] {
  if (endpoint === chatEndpoint) return isAbsent(fields.messages) ? ['messages: missing or empty'] : [];
  if (endpoint === '/v1/completions') return [];
  if (imageEndpoints.includes(endpoint)) return findImageProblems(fields, endpoint);
  const others =
    endpoint === responsesEndpoint ? [fields.prompt, fields.conversation, fields.previous_response_id] : [];
  return [fields.input, ...others].every(isAbsent) ? ['input: missing or empty'] : [];
}

/** Endpoints whose answers have no output tokens. */
const endpointsWithoutOutput = ['/v1/embeddings', '/v1/moderations'];

export function outputLimit(body: Json, endpoint: string): OutputLimit {
  const field = limitFields[endpoint] ?? 'max_completion_tokens';
  if (endpointsWithoutOutput.includes(endpoint)) return { field, tokens: 0, answers: 1 };
  const fields = asFields(body) ?? {};
  if (imageEndpoints.includes(endpoint)) return imageLimit(fields);
  const tokens = readLimit(fields.max_completion_tokens ?? fields.max_output_tokens ?? fields.max_tokens);
  // The completions endpoint also bills every candidate of which it returns the best.
  const [answers, candidates] = [readLimit(fields.n), readLimit(fields.best_of)];
  if (answers === 'unread' || candidates === 'unread') return { field, tokens: 'unread', answers: 1 };
  return { field, tokens, answers: Math.max(1, orOne(answers), orOne(candidates)) };
}

const limitFields: Readonly<Record<string, string>> = {
  [responsesEndpoint]: 'max_output_tokens',
  '/v1/completions': 'max_tokens',
};

const orOne = (count: number | 'unlimited'): number => (count === 'unlimited' ? 1 : count);

export function encode(customId: CustomId, body: string, endpoint: string): string {
  return `${opening}${customId}","method":"POST","url":"${endpoint}","body":${body}}`;
}

export const lineHead = makeLineHead(',"method":"POST","url":"([^"\\\\]+)","body":');

/** Only for lines of `encode`. */
export const relabel = (line: Buffer, customId: CustomId): Buffer => relabelLine(lineHead, line, customId);
export const takeApart = (line: Buffer): LineParts => splitLine(lineHead, line);

export function parseRequestLine(record: Json, raw: Buffer, rules: RequestRules = {}): RequestLine {
  const fields = asFields(record);
  const id = asText(fields?.custom_id);
  if (fields === null || id === null || id === '') return problem('custom_id must be a text');
  if (fields.method !== undefined && fields.method !== 'POST') return problem('method must be POST');
  const url = asText(fields.url);
  if (url === null) return problem('url must be a text');
  // Lines for an older API may leave out its version.
  const endpoint = url.startsWith('/v1/') ? url : `/v1${url}`;
  const body = asFields(fields.body);
  if (body === null) return problem('body must be an object');
  const model = asText(body.model);
  if (model === null || model === '') return problem('body.model must be a text');
  const [first] = findProblems(asJson(body), endpoint, rules);
  if (first !== undefined) return problem(first);
  return { kind: 'request', id, endpoint, model, body: asJson(body), bodyText: readRawMember(raw, 'body') };
}

const problem = (words: string): RequestLine => ({ kind: 'problem', problem: words });
