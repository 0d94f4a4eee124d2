// Anthropic's requests: their bodies, and their lines in a requests file.

import type { CustomId } from '../../../domain/ids.ts';
import type { OutputLimit } from '../../../domain/money/output-limit.ts';
import type { Json } from '../../../domain/outcome/outcome.ts';
import { describeLacks } from '../../../domain/request/needs.ts';
import type { Prompt } from '../../../domain/request/prompt.ts';
import { asFields, asJson, asText, type Fields } from '../../json-fields.ts';
import type { DialectSettings, RequestLine } from '../dialect.ts';
import { describeForeignModel } from '../foreign-model.ts';
import { findModelChoices } from '../other-models.ts';
import { readLimit } from '../output-limit.ts';
import { readRawMember } from '../raw-member.ts';
import { type LineParts, makeLineHead, opening, relabelLine, splitLine } from '../request-line.ts';
import { findNeeds } from './needs.ts';

export const messagesEndpoint = '/v1/messages';

/** `max_tokens` is required: the value for a prompt that names none. */
const maxTokensDefault = 1024;

export function buildBody({ system, user, schema, maxTokens, temperature, cache }: Prompt): Json {
  return {
    ...(system === undefined ? {} : { system: buildSystem(system, cache === true) }),
    messages: [{ role: 'user', content: user }],
    max_tokens: maxTokens ?? maxTokensDefault,
    ...(temperature === undefined ? {} : { temperature }),
    ...(schema === undefined ? {} : { output_config: { format: { type: 'json_schema', schema } } }),
  };
}

/** A batch may run for hours: only the longer of the two lifetimes outlives the gap between its requests. */
function buildSystem(text: string, cached: boolean): Json {
  return cached ? [{ type: 'text', text, cache_control: { type: 'ephemeral', ttl: '1h' } }] : text;
}

/** What an account's requests must keep to. */
export type RequestRules = Partial<Pick<DialectSettings, 'name' | 'fixedFields' | 'lacks' | 'isVendorItself'>>;

/** Finds only what is certainly refused: a value that is still a template may become anything. */
export function findProblems(
  body: Json,
  endpoint: string,
  { name = 'anthropic', fixedFields = {}, lacks = [], isVendorItself = false }: RequestRules = {},
): readonly string[] {
  if (endpoint !== messagesEndpoint) return [`endpoint: batches are built for ${messagesEndpoint}`];
  const fields = asFields(body);
  if (fields === null) return ['the request must be an object'];
  const problems: string[] = [];
  if (isAbsent(fields.messages)) problems.push('messages: missing or empty');
  if (fields.max_tokens === undefined || fields.max_tokens === null) problems.push('max_tokens: missing');
  if (typeof fields.max_tokens === 'number' && fields.max_tokens < 1) problems.push('max_tokens: must be at least 1');
  if (fields.stream === true) problems.push('stream: a batch cannot stream, leave it out');
  if (fields.speed !== undefined) problems.push('speed: not allowed in a batch, leave it out');
  problems.push(...describeLacks(name, findNeeds(body), lacks));
  const foreign = isVendorItself ? describeForeignModel(fields.model, [name]) : null;
  if (foreign !== null) problems.push(`model: ${foreign}`);
  problems.push(...findPlaceProblems(fields, fixedFields, isVendorItself), ...findModelChoices(fields));
  for (const [field, value] of Object.entries(fixedFields)) {
    if (fields[field] !== value) problems.push(`${field}: must be ${JSON.stringify(value)}, as the account is set`);
  }
  return problems;
}

/**
 * Models older than `inference_geo`, which the vendor's own API refuses with HTTP 400 if a request of them has it: those before Claude Opus 4.6 and
 * Sonnet 4.6 (docs, data residency; AWS's docs of the same API name Opus, Sonnet and Haiku 4.5).
 */
const modelsWithoutPlace = /^claude-(?:[23]\b|instant\b|(?:opus|sonnet|haiku)-4(?:-[015])?(?:-\d{8}|-latest)?$)/;

function findPlaceProblems(
  { inference_geo: place, model }: Fields,
  fixedFields: Readonly<Record<string, Json>>,
  isVendorItself: boolean,
): string[] {
  if (place === undefined || place === null) return [];
  if (isVendorItself && typeof model === 'string' && modelsWithoutPlace.test(model)) {
    return [`inference_geo: ${model} is too old for it; take a newer model, or an account without a region`];
  }
  // The job's prices are those of the account's region.
  if (place === 'global' || fixedFields.inference_geo !== undefined) return [];
  return ['inference_geo: the account has no region; give it one, since the price depends on it'];
}

const isAbsent = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);

export const outputLimit = (body: Json): OutputLimit => ({
  field: 'max_tokens',
  tokens: readLimit(asFields(body)?.max_tokens),
  answers: 1,
});

export function encode(customId: CustomId, body: string): string {
  return `${opening}${customId}","params":${body}}`;
}

export const lineHead = makeLineHead(',"params":');

/** Only for lines of `encode`. */
export const relabel = (line: Buffer, customId: CustomId): Buffer => relabelLine(lineHead, line, customId);
export const takeApart = (line: Buffer): LineParts => splitLine(lineHead, line);

export function parseRequestLine(record: Json, raw: Buffer, rules: RequestRules = {}): RequestLine {
  const fields = asFields(record);
  const id = asText(fields?.custom_id);
  if (fields === null || id === null || id === '') return problem('custom_id must be a text');
  const body = asFields(fields.params);
  if (body === null) return problem('params must be an object');
  const model = asText(body.model);
  if (model === null || model === '') return problem('params.model must be a text');
  const [first] = findProblems(asJson(body), messagesEndpoint, rules);
  if (first !== undefined) return problem(first);
  const bodyText = readRawMember(raw, 'params');
  return { kind: 'request', id, endpoint: messagesEndpoint, model, body: asJson(body), bodyText };
}

const problem = (words: string): RequestLine => ({ kind: 'problem', problem: words });
