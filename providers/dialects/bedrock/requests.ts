// Rows of a job on Bedrock: requests of the Converse API, which has one form for the models of all makers. The model is in no row.

import type { CustomId } from '../../../domain/ids.ts';
import type { OutputLimit } from '../../../domain/money/output-limit.ts';
import type { Json } from '../../../domain/outcome/outcome.ts';
import { describeLacks } from '../../../domain/request/needs.ts';
import type { Prompt } from '../../../domain/request/prompt.ts';
import { asFields, asJson, asText, type Fields, isAbsent } from '../../json-fields.ts';
import { findTierProblems } from '../dear-tiers.ts';
import type { DialectSettings, RequestLine } from '../dialect.ts';
import { readLimit } from '../output-limit.ts';
import { readRawMember } from '../raw-member.ts';
import { type LineParts, makeLineHead, relabelLine, splitLine } from '../request-line.ts';
import { findNeeds } from './needs.ts';

/** The value of a job's `modelInvocationType`. */
export const converseEndpoint = 'Converse';

/** A cache is not asked for: whether jobs have one is not documented, and models without one refuse the request. */
export function buildBody({ system, user, schema, maxTokens, temperature }: Prompt): Json {
  const config = {
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(temperature === undefined ? {} : { temperature }),
  };
  return {
    ...(system === undefined ? {} : { system: [{ text: system }] }),
    messages: [{ role: 'user', content: [{ text: user }] }],
    ...(Object.keys(config).length === 0 ? {} : { inferenceConfig: config }),
    ...(schema === undefined ? {} : { outputConfig: { textFormat: buildFormat(schema) } }),
  };
}

/** The API takes a schema as text. */
const buildFormat = (schema: Json): Json => ({
  type: 'json_schema',
  structure: { jsonSchema: { name: 'answer', schema: JSON.stringify(schema) } },
});

/** What an account's requests must keep to. */
export type RequestRules = Pick<DialectSettings, 'name' | 'lacks'>;

/** Fields of requests in the forms of single models, which the API `InvokeModel` takes. */
const modelFields = ['anthropic_version', 'schemaVersion', 'inputText', 'prompt'];

/** Finds only what is certainly refused: a value that is still a template may become anything. */
export function findProblems(body: Json, endpoint: string, { name, lacks = [] }: RequestRules): readonly string[] {
  if (endpoint !== converseEndpoint) return [`endpoint: batches are built for ${converseEndpoint}`];
  const fields = asFields(body);
  if (fields === null) return ['the request must be an object'];
  const tier = asFields(fields.serviceTier)?.type;
  return [
    ...findFieldProblems(fields),
    ...findTierProblems('serviceTier', tier),
    ...describeLacks(name, findNeeds(body), lacks),
  ];
}

/** An inference profile of the whole world. Others name a part of it, such as `eu`, and stay there. */
const worldProfile = /^(arn:[^/]*\/)?global\./;

/** An account is bound to a region. */
export const findModelProblem = (model: string): string | null =>
  worldProfile.test(model)
    ? `${model} is answered in any region of the world, and an account is bound to its own; take the model or a profile such as \`eu.\``
    : null;

function findFieldProblems(fields: Fields): string[] {
  const problems = modelFields
    .filter((field) => fields[field] !== undefined)
    .map((field) => `${field}: a request has the form of Converse here, not that of a single model`);
  if (isAbsent(fields.messages)) problems.push('messages: missing or empty');
  if (fields.modelId !== undefined) problems.push("modelId: a request names none here, the job's `model` counts");
  return problems;
}

export const outputLimit = (body: Json): OutputLimit => ({
  field: 'inferenceConfig.maxTokens',
  tokens: readLimit(asFields(asFields(body)?.inferenceConfig)?.maxTokens),
  answers: 1,
});

const opening = '{"recordId":"';
const beforeBody = ',"modelInput":';

export const encode = (customId: CustomId, body: string): string => `${opening}${customId}"${beforeBody}${body}}`;

export const lineHead = makeLineHead(beforeBody, opening);

/** Only for lines of `encode`. */
export const relabel = (line: Buffer, customId: CustomId): Buffer => relabelLine(lineHead, line, customId);
export const takeApart = (line: Buffer): LineParts => splitLine(lineHead, line);

export function parseRequestLine(record: Json, raw: Buffer, rules: RequestRules): RequestLine {
  const fields = asFields(record);
  const id = asText(fields?.recordId);
  if (fields === null || id === null || id === '') return problem('recordId must be a text');
  const body = asFields(fields.modelInput);
  if (body === null) return problem('modelInput must be an object');
  const [first] = findProblems(asJson(body), converseEndpoint, rules);
  if (first !== undefined) return problem(first);
  const bodyText = readRawMember(raw, 'modelInput');
  return { kind: 'request', id, endpoint: converseEndpoint, model: null, body: asJson(body), bodyText };
}

const problem = (words: string): RequestLine => ({ kind: 'problem', problem: words });
