// Gemini's requests: their bodies, and their lines in a requests file. The model is in the URL of a call, and in no request.

import type { CustomId } from '../../../domain/ids.ts';
import type { OutputLimit } from '../../../domain/money/output-limit.ts';
import type { Json } from '../../../domain/outcome/outcome.ts';
import type { Prompt } from '../../../domain/request/prompt.ts';
import { asFields, asJson, asText, type Fields } from '../../json-fields.ts';
import { findTierProblems } from '../dear-tiers.ts';
import type { RequestLine } from '../dialect.ts';
import { readLimit } from '../output-limit.ts';
import { readRawMember } from '../raw-member.ts';
import { type LineParts, makeLineHead, relabelLine, splitLine } from '../request-line.ts';

/** Endpoints are named by the API's methods. */
export const generateEndpoint = 'generateContent';
export const embedEndpoint = 'embedContent';
export const geminiEndpoints: readonly string[] = [generateEndpoint, embedEndpoint];

/** Caching is automatic, so `prompt.cache` asks for nothing. */
export function buildBody({ system, user, schema, maxTokens, temperature }: Prompt, endpoint: string): Json | null {
  if (endpoint !== generateEndpoint) return null;
  const config = {
    ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(schema === undefined ? {} : { responseMimeType: 'application/json', responseJsonSchema: schema }),
  };
  return {
    ...(system === undefined ? {} : { systemInstruction: { parts: [{ text: system }] } }),
    contents: [{ role: 'user', parts: [{ text: user }] }],
    ...(Object.keys(config).length === 0 ? {} : { generationConfig: config }),
  };
}

/** Finds only what is certainly refused: a value that is still a template may become anything. */
export function findProblems(body: Json, endpoint: string): readonly string[] {
  if (!geminiEndpoints.includes(endpoint)) return [`endpoint: batches are built for ${geminiEndpoints.join(', ')}`];
  const fields = asFields(body);
  if (fields === null) return ['the request must be an object'];
  const problems: string[] = [];
  const content = endpoint === embedEndpoint ? 'content' : 'contents';
  if (isAbsent(fields[content])) problems.push(`${content}: missing or empty`);
  if (fields.model !== undefined) problems.push("model: a request names none here, the job's `model` counts");
  return [...problems, ...findTierProblems('service_tier', fields.serviceTier ?? fields.service_tier)];
}

const isAbsent = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);

/** The most output includes the thoughts. */
export function outputLimit(body: Json, endpoint: string): OutputLimit {
  const field = 'generationConfig.maxOutputTokens';
  if (endpoint === embedEndpoint) return { field, tokens: 0, answers: 1 };
  const config = readConfig(asFields(body) ?? {});
  const tokens = readLimit(config.maxOutputTokens ?? config.max_output_tokens);
  const candidates = readLimit(config.candidateCount ?? config.candidate_count);
  if (candidates === 'unread') return { field, tokens: 'unread', answers: 1 };
  return { field, tokens, answers: candidates === 'unlimited' ? 1 : Math.max(1, candidates) };
}

/** The vendor takes names in either case. */
const readConfig = ({ generationConfig, generation_config }: Fields): Fields =>
  asFields(generationConfig ?? generation_config) ?? {};

const opening = '{"key":"';
const beforeBody = ',"request":';

export const encode = (customId: CustomId, body: string): string => `${opening}${customId}"${beforeBody}${body}}`;

export const lineHead = makeLineHead(beforeBody, opening);

/** Only for lines of `encode`. */
export const relabel = (line: Buffer, customId: CustomId): Buffer => relabelLine(lineHead, line, customId);
export const takeApart = (line: Buffer): LineParts => splitLine(lineHead, line);

/** What a request asks for shows which endpoint it is for. */
export const chooseEndpoint = ({ content, contents }: Fields): string =>
  contents === undefined && content !== undefined ? embedEndpoint : generateEndpoint;

export function parseRequestLine(record: Json, raw: Buffer): RequestLine {
  const fields = asFields(record);
  const id = asText(fields?.key);
  if (fields === null || id === null || id === '') return problem('key must be a text');
  const body = asFields(fields.request);
  if (body === null) return problem('request must be an object');
  const endpoint = chooseEndpoint(body);
  const [first] = findProblems(asJson(body), endpoint);
  if (first !== undefined) return problem(first);
  return { kind: 'request', id, endpoint, model: null, body: asJson(body), bodyText: readRawMember(raw, 'request') };
}

const problem = (words: string): RequestLine => ({ kind: 'problem', problem: words });
