// `/openapi.json`: the description of all requests, made from their table and from the forms that the gateway checks.

import type { Hono } from 'hono';
import { z } from 'zod';
import { version } from '../../version.ts';
import { type GatewayErrorCode, gatewayErrorCodes } from '../errors.ts';
import type { GatewayEnv } from '../parts.ts';
import { refusal } from './answers.ts';
import { frontOperations } from './front-operations.ts';
import { gatewayOperations } from './gateway-operations.ts';
import { jobOperations } from './job-operations.ts';
import type { Operation } from './operation.ts';
import { queueOperations } from './queue-operations.ts';

/** What every request of a caller may meet. */
const usualRefusals: readonly GatewayErrorCode[] = ['unauthorized', 'forbidden', 'too_many_requests', 'unavailable'];
const refusalsOfBodies: readonly GatewayErrorCode[] = ['bad_request', 'too_large'];

type Part = Readonly<Record<string, unknown>>;

export function addDescription(app: Hono<GatewayEnv>): void {
  let document: Part | null = null;
  app.get('/openapi.json', (context) => {
    document ??= describeApi([...gatewayOperations, ...jobOperations, ...queueOperations, ...frontOperations]);
    return context.json(document);
  });
}

function describeApi(operations: readonly Operation[]): Part {
  const paths: Record<string, Record<string, Part>> = {};
  for (const operation of operations) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method]: describeOperation(operation) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Nightshift gateway', version, license: { name: 'Apache 2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        key: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
      schemas: { Refusal: describeForm(refusal, 'input') },
    },
  };
}

function describeOperation(operation: Operation): Part {
  const { name, summary, group, scope, path, query, headers, body } = operation;
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, parameter]) => ({
    name: parameter,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  return {
    operationId: name,
    summary,
    tags: [group],
    ...(scope === 'open' || scope === null ? {} : { description: `Needs the scope \`${scope}\`.` }),
    security: scope === 'open' ? [] : [{ bearer: [] }, { key: [] }],
    parameters: [...inPath, ...describeParameters(query, 'query'), ...describeParameters(headers, 'header')],
    ...(body === undefined
      ? {}
      : { requestBody: { content: { 'application/json': { schema: describeForm(body, 'input') } } } }),
    responses: describeResponses(operation),
  };
}

function describeParameters(form: z.ZodObject | undefined, place: 'query' | 'header'): readonly Part[] {
  return Object.entries(form?.shape ?? {}).map(([name, field]) => {
    const { description, ...schema } = describeForm(field as z.ZodType, 'output');
    return { name, in: place, required: false, schema, ...(description === undefined ? {} : { description }) };
  });
}

function describeResponses({ scope, body, answer, refusals = [] }: Operation): Part {
  const { status = 200, description, json, types = [] } = answer;
  const content =
    json === undefined
      ? types.map((type) => [type, { schema: { type: 'string' } }] as const)
      : [['application/json', { schema: describeForm(json, 'input') }] as const];
  const codes =
    scope === 'open' ? [] : [...usualRefusals, ...(body === undefined ? [] : refusalsOfBodies), ...refusals];
  const refused = Map.groupBy(new Set(codes), (code) => gatewayErrorCodes[code]);
  const refusalContent = { 'application/json': { schema: { $ref: '#/components/schemas/Refusal' } } };
  return {
    [status]: { description, content: Object.fromEntries(content) },
    ...Object.fromEntries(
      [...refused].map(([number, names]) => [number, { description: names.join(', '), content: refusalContent }]),
    ),
  };
}

/** An answer may have further fields, which `input` allows. OpenAPI itself says which draft of JSON Schema it has. */
function describeForm(form: z.ZodType, io: 'input' | 'output'): Part {
  const { $schema: _, ...schema } = z.toJSONSchema(form, { io, unrepresentable: 'any' });
  return schema;
}
