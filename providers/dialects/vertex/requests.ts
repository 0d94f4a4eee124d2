// Rows of a job on Vertex AI, for models of Gemini and for Claude. The endpoint, which is the API's method, tells whose row it is. Rows are planned
// in Claude's form; `name-rows.ts` gives the others theirs. The model is in no row.

import type { CustomId } from '../../../domain/ids.ts';
import type { OutputLimit } from '../../../domain/money/output-limit.ts';
import type { Json } from '../../../domain/outcome/outcome.ts';
import type { Need } from '../../../domain/request/needs.ts';
import type { Prompt } from '../../../domain/request/prompt.ts';
import { asFields, asJson, asText, type Fields } from '../../json-fields.ts';
import { findNeeds as findClaudeNeeds } from '../anthropic/needs.ts';
import * as claude from '../anthropic/requests.ts';
import type { RequestLine } from '../dialect.ts';
import { findNeeds as findGeminiNeeds } from '../gemini/needs.ts';
import * as gemini from '../gemini/requests.ts';
import { readRawMember } from '../raw-member.ts';
import { type LineParts, makeLineHead, opening, relabelLine, splitLine } from '../request-line.ts';

export const generateEndpoint = gemini.generateEndpoint;
export const embedEndpoint = gemini.embedEndpoint;
export const claudeEndpoint = 'rawPredict';
export const vertexEndpoints: readonly string[] = [generateEndpoint, embedEndpoint, claudeEndpoint];

/** Claude's API on Vertex AI has a version of its own, which each request names. */
const claudeVersion = { anthropic_version: 'vertex-2023-10-16' };
const isClaude = (endpoint: string): boolean => endpoint === claudeEndpoint;

export function buildBody(prompt: Prompt, endpoint: string): Json | null {
  if (!isClaude(endpoint)) return gemini.buildBody(prompt, endpoint);
  return { ...claudeVersion, ...Object(claude.buildBody(prompt)) };
}

/** Finds only what is certainly refused: a value that is still a template may become anything. */
export function findProblems(body: Json, endpoint: string): readonly string[] {
  if (!vertexEndpoints.includes(endpoint)) return [`endpoint: batches are built for ${vertexEndpoints.join(', ')}`];
  const fields = asFields(body);
  if (fields === null) return ['the request must be an object'];
  if (endpoint === embedEndpoint) return gemini.findProblems(body, endpoint);
  if (!isClaude(endpoint)) return [...gemini.findProblems(body, endpoint), ...findLabels(fields)];
  const problems = claude.findProblems(body, claude.messagesEndpoint, { fixedFields: claudeVersion });
  if (fields.model === undefined) return problems;
  return [...problems, "model: a request names none here, the job's `model` counts"];
}

const findLabels = ({ labels }: Fields): string[] =>
  labels === undefined ? [] : ['labels: a label holds the id of the row, so a request cannot have others'];

/** Which of the endpoints a family of models has. */
const endpointByFamily: readonly (readonly [beginning: string, endpoint: string])[] = [
  ['claude-', claudeEndpoint],
  ['gemini-embedding-', embedEndpoint],
  ['gemini-', generateEndpoint],
];

/** The older models for embeddings. Their answers repeat only what they were asked, so no id comes back. */
const namelessModels = /^(text-|text)(multilingual-)?embedding/;

export function findModelProblem(model: string, endpoint: string | null): string | null {
  if (namelessModels.test(model)) {
    return `${model} gives answers that do not say which row they are of; take gemini-embedding-001`;
  }
  const [, own] = endpointByFamily.find(([beginning]) => model.startsWith(beginning)) ?? [];
  if (own === undefined || endpoint === null || own === endpoint) return null;
  return `${model} is called by the endpoint ${own}`;
}

export const findNeeds = (body: Json, endpoint: string): readonly Need[] =>
  isClaude(endpoint) ? findClaudeNeeds(body) : findGeminiNeeds(body);

export const outputLimit = (body: Json, endpoint: string): OutputLimit =>
  isClaude(endpoint) ? claude.outputLimit(body) : gemini.outputLimit(body, endpoint);

const beforeBody = ',"request":';

export const encode = (customId: CustomId, body: string): string => `${opening}${customId}"${beforeBody}${body}}`;

export const lineHead = makeLineHead(beforeBody);

/** Only for lines of `encode`. */
export const relabel = (line: Buffer, customId: CustomId): Buffer => relabelLine(lineHead, line, customId);
export const takeApart = (line: Buffer): LineParts => splitLine(lineHead, line);

/** The rows of Google's docs, with an id: `custom_id` of Claude's, or `key`, which rows of Gemini's may have too. */
export function parseRequestLine(record: Json, raw: Buffer): RequestLine {
  const fields = asFields(record);
  const claudeId = asText(fields?.custom_id);
  const id = claudeId ?? asText(fields?.key);
  if (fields === null || id === null || id === '') return problem('key or custom_id must be a text');
  const body = asFields(fields.request);
  if (body === null) return problem('request must be an object');
  const endpoint = claudeId === null ? gemini.chooseEndpoint(body) : claudeEndpoint;
  const [first] = findProblems(asJson(body), endpoint);
  if (first !== undefined) return problem(first);
  return { kind: 'request', id, endpoint, model: null, body: asJson(body), bodyText: readRawMember(raw, 'request') };
}

const problem = (words: string): RequestLine => ({ kind: 'problem', problem: words });
