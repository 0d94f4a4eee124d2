// The request that a job sends for each row: provider, endpoint, and one body, written as `request` or as `prompt`.

import { defaultAccount } from '../domain/job.ts';
import type { Json } from '../domain/outcome/outcome.ts';
import { compileSchema } from './answer-schema.ts';
import type { ProviderFacts, SpecFacts } from './facts.ts';
import type { JsonObject } from './fields/field-kinds.ts';
import { nearest } from './nearest.ts';
import { findInputsMax } from './parts.ts';
import type { Problem } from './problem.ts';
import type { JobFields } from './schema.ts';
import { templateProblems } from './templates/liquid.ts';

/** The body, with its model if the provider's requests name one; null if it cannot be made. */
export function requestBody(fields: JobFields, facts: SpecFacts): JsonObject | null {
  const { request, prompt, provider, endpoint, model } = fields;
  const body = request ?? (prompt && provider !== undefined ? facts.buildBody(provider, prompt, endpoint) : null);
  if (body === null || typeof body !== 'object' || Array.isArray(body)) return null;
  const namesModel = providerFacts(fields, facts)?.modelInBody !== false;
  const withModel = model === undefined || 'model' in body || !namesModel ? body : { model, ...body };
  return provider === undefined ? withModel : { ...facts.fixedFields(provider, accountOf(fields)), ...withModel };
}

export const accountOf = ({ account }: JobFields): string => account ?? defaultAccount;

export function answerSchema({ schema, prompt }: JobFields): Json | null {
  return schema ?? prompt?.schema ?? null;
}

/** `failed` are fields with their own problems: they do not count as missing. */
export function requestProblems(fields: JobFields, failed: ReadonlySet<string>, facts: SpecFacts): Problem[] {
  const provider = providerProblems(fields, failed, facts);
  const together = togetherProblems(fields, failed, providerFacts(fields, facts)?.modelInBody !== false);
  const schema = schemaProblems(fields);
  const endpoint = endpointProblems(fields, facts);
  const sound = provider.length === 0 && together.length === 0 && endpoint.length === 0;
  return [
    ...provider,
    ...endpoint,
    ...together,
    ...schema,
    ...templatesProblems(fields),
    ...(sound
      ? [...bodyProblems(fields, facts), ...modelProblems(fields, facts), ...limitProblems(fields, facts)]
      : []),
  ];
}

export function providerFacts({ provider }: JobFields, { providers }: SpecFacts): ProviderFacts | undefined {
  return provider !== undefined && Object.hasOwn(providers, provider) ? providers[provider] : undefined;
}

function providerProblems(fields: JobFields, failed: ReadonlySet<string>, facts: SpecFacts): Problem[] {
  const names = Object.keys(facts.providers);
  const known = `there are ${names.join(', ')}`;
  if (fields.provider === undefined) {
    return failed.has('provider') ? [] : [{ where: 'provider', message: `is missing; ${known}` }];
  }
  const provider = providerFacts(fields, facts);
  if (provider !== undefined) return accountProblems(fields, provider);
  const near = nearest(fields.provider, names);
  return [
    { where: 'provider', message: `unknown provider; ${near === null ? '' : `did you mean \`${near}\`? `}${known}` },
  ];
}

function accountProblems(fields: JobFields, { accounts }: ProviderFacts): Problem[] {
  const account = accountOf(fields);
  if (accounts.includes(account)) return [];
  const known = `the worker has ${accounts.join(', ')}`;
  return [{ where: 'account', message: `there is no account ${account} of ${fields.provider}; ${known}` }];
}

function endpointProblems(fields: JobFields, facts: SpecFacts): Problem[] {
  const provider = providerFacts(fields, facts);
  if (provider === undefined || fields.endpoint === undefined || provider.endpoints.includes(fields.endpoint)) {
    return [];
  }
  if (fields.endpoint.endsWith('/videos')) {
    return [{ where: 'endpoint', message: 'makes videos, which Nightshift does not fetch: make them another way' }];
  }
  return [{ where: 'endpoint', message: `is none of this provider's; there are ${provider.endpoints.join(', ')}` }];
}

/** Which fields exclude or require each other. */
function togetherProblems(fields: JobFields, failed: ReadonlySet<string>, modelInBody: boolean): Problem[] {
  const { request, prompt, schema, model } = fields;
  const problems: Problem[] = [];
  const refuse = (where: string, message: string) => problems.push({ where, message });
  if (request !== undefined && prompt !== undefined) {
    refuse('prompt', 'stands instead of `request`: give one of the two');
  }
  if (schema !== undefined && fields.endpoint?.includes('/images/') === true) {
    refuse('schema', 'is for answers of text, and this endpoint makes images; leave it out');
  }
  if (schema !== undefined && prompt?.schema !== undefined) {
    refuse('schema', 'is given twice; leave out either this one or `prompt.schema`');
  }
  const requestGiven = request !== undefined || prompt !== undefined || failed.has('request') || failed.has('prompt');
  const mustNameModel = requestGiven || !modelInBody;
  if (mustNameModel && model === undefined && !failed.has('model')) refuse('model', 'is missing');
  if (!requestGiven) return [...problems, ...readyMadeProblems(fields, modelInBody)];
  if (request?.model !== undefined && model !== undefined && request.model !== model) {
    refuse('request.model', 'differs from `model`; leave it out here');
  }
  return problems;
}

/** Whether the rows may share requests (`batch.inputsPerRequest`). */
export function jointProblems(fields: JobFields, provider: ProviderFacts): Problem[] {
  if ((fields.batch?.inputsPerRequest ?? 1) === 1) return [];
  const where = 'batch.inputsPerRequest';
  if (findInputsMax(fields, provider) === null) {
    const known = Object.keys(provider.inputsMax ?? {});
    const endpoints = known.length === 0 ? '; this provider has none' : `: ${known.join(', ')}`;
    return [{ where, message: `is only for an endpoint that takes several inputs${endpoints}` }];
  }
  if (fields.mode === 'realtime') return [{ where, message: 'is only for batches; leave it out' }];
  if (provider.limits.createSendsItems === true) {
    return [{ where, message: 'is not for this provider, whose creates carry the requests; leave it out' }];
  }
  const { request } = fields;
  if (request === undefined) return [{ where, message: 'needs a `request` whose `input` is one text' }];
  const { input, model: _, ...others } = request;
  if (typeof input !== 'string') {
    return [{ where: 'request.input', message: 'must be one text, since rows are joined' }];
  }
  if (!/\{\{|\{%/.test(JSON.stringify(others))) return [];
  return [{ where: 'request', message: 'must depend on the row in `input` only, since joined rows share the rest' }];
}

/** Without a request, the rows are request lines, which contain their own endpoint and id, and mostly their own model. */
function readyMadeProblems({ model, endpoint, dataset }: JobFields, modelInBody: boolean): Problem[] {
  const without = 'without `request` or `prompt` the rows are ready-made request lines, which name their own';
  const problems: Problem[] = [];
  if (model !== undefined && modelInBody) {
    problems.push({ where: 'model', message: `${without}; add a request, or leave this out` });
  }
  if (endpoint !== undefined) {
    problems.push({ where: 'endpoint', message: `${without}; add a request, or leave this out` });
  }
  if (typeof dataset === 'object' && dataset.id !== undefined) {
    problems.push({ where: 'dataset.id', message: `${without} \`custom_id\`; add a request, or leave this out` });
  }
  return problems;
}

function schemaProblems({ schema, prompt }: JobFields): Problem[] {
  const given = [
    ['schema', schema],
    ['prompt.schema', prompt?.schema],
  ] as const;
  return given.flatMap(([where, each]) => {
    if (each === undefined) return [];
    const compiled = compileSchema(each);
    return compiled.kind === 'problem' ? [{ where, message: compiled.message }] : [];
  });
}

function templatesProblems({ request, prompt }: JobFields): Problem[] {
  const ofPrompt = prompt && { user: prompt.user, ...(prompt.system === undefined ? {} : { system: prompt.system }) };
  return [
    ...(request === undefined ? [] : templateProblems(request, 'request')),
    ...(ofPrompt === undefined ? [] : templateProblems(ofPrompt, 'prompt')),
  ];
}

function bodyProblems(fields: JobFields, facts: SpecFacts): Problem[] {
  const provider = providerFacts(fields, facts);
  const body = requestBody(fields, facts);
  if (provider === undefined || fields.provider === undefined) return [];
  const where = fields.request === undefined ? 'prompt' : 'request';
  if (body === null) {
    const isOdd = fields.prompt !== undefined && fields.endpoint !== undefined;
    return isOdd ? [{ where, message: `${fields.endpoint} takes no prompt: write its own \`request\`` }] : [];
  }
  const endpoint = fields.endpoint ?? provider.defaultEndpoint;
  const problems = facts.findProblems(fields.provider, accountOf(fields), body, endpoint);
  return problems.map((message) => ({ where, message }));
}

/** Ready-made lines have endpoints of their own. */
function modelProblems(fields: JobFields, facts: SpecFacts): Problem[] {
  const { provider: name, model, request, prompt } = fields;
  const provider = providerFacts(fields, facts);
  if (name === undefined || provider === undefined || model === undefined) return [];
  const isReadyMade = request === undefined && prompt === undefined;
  const endpoint = isReadyMade ? null : (fields.endpoint ?? provider.defaultEndpoint);
  const message = facts.findModelProblem(name, model, endpoint);
  return message === null ? [] : [{ where: 'model', message }];
}

/** A budget holds back work by its estimate, so the highest cost of an answer must be known. */
function limitProblems(fields: JobFields, facts: SpecFacts): Problem[] {
  const { provider: name, budget, fallback, mode, model } = fields;
  const provider = providerFacts(fields, facts);
  const body = requestBody(fields, facts);
  const capsFallback = fallback?.maxUsd !== undefined && fallback.lane !== 'none' && mode !== 'realtime';
  const cap = budget !== undefined ? 'budget' : capsFallback ? 'fallback.maxUsd' : null;
  if (cap === null || provider === undefined || name === undefined || body === null || model === undefined) return [];
  const field = facts.findMissingLimit(name, body, fields.endpoint ?? provider.defaultEndpoint, model);
  if (field === null) return [];
  const where = fields.request === undefined ? 'prompt.maxTokens' : `request.${field}`;
  const message = `is missing, and the most output tokens of ${model} are not known, so ${cap} cannot be enforced: name a limit here, give the model's \`maxOutputTokens\` in NIGHTSHIFT_PRICES, or leave ${cap} out`;
  return [{ where, message }];
}
