// Structured output: finds the JSON schema a request asks for and builds a minimal instance of it.
import { asList, asObject, asText, isObject, type Json, parseObject } from '../server/json.ts';

const depthMax = 20;

/** The schema, wherever the vendor's endpoint keeps it, or null when plain text is wanted. */
export function findSchema(body: Json): Json | null {
  if (isObject(body.response_format)) return schemaIn(asObject(body.response_format.json_schema).schema);
  if (isObject(body.text)) return schemaIn(asObject(body.text.format).schema);
  if (isObject(body.output_config)) return schemaIn(asObject(body.output_config.format).schema);
  if (isObject(body.outputConfig)) return textSchema(asObject(body.outputConfig.textFormat));
  const config = asObject(body.generationConfig ?? body.generation_config);
  return schemaIn(config.responseJsonSchema ?? config.responseSchema);
}

/** Bedrock takes a schema as text. */
const textSchema = ({ structure }: Json): Json | null =>
  parseObject(asText(asObject(asObject(structure).jsonSchema).schema));

export function buildInstance(schema: Json, text: string): unknown {
  return build(schema, { root: schema, text, depth: 0 });
}

interface Context {
  root: Json;
  text: string;
  depth: number;
}

function build(schema: Json, context: Context): unknown {
  const next = { ...context, depth: context.depth + 1 };
  if (next.depth > depthMax) return null;
  if (typeof schema.$ref === 'string') return build(resolve(schema.$ref, context.root), next);
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const choice = [...asList(schema.anyOf), ...asList(schema.oneOf), ...asList(schema.allOf)].find(isObject);
  if (choice !== undefined && schema.type === undefined) return build(choice, next);
  return buildType(readType(schema), schema, next);
}

function buildType(type: unknown, schema: Json, context: Context): unknown {
  if (type === 'object') return buildObject(schema, context);
  if (type === 'array') {
    return Array.from({ length: numberOr(schema.minItems, 0) }, () => build(asObject(schema.items), context));
  }
  if (type === 'string') return buildString(schema, context.text);
  if (type === 'integer' || type === 'number') return buildNumber(schema);
  if (type === 'boolean') return true;
  return null;
}

function buildObject(schema: Json, context: Context): Json {
  const properties = asObject(schema.properties);
  const required = Array.isArray(schema.required) ? schema.required.map(String) : Object.keys(properties);
  return Object.fromEntries(required.map((name) => [name, build(asObject(properties[name]), context)]));
}

function buildString(schema: Json, text: string): string {
  const byFormat: Record<string, string> = {
    date: '2026-01-01',
    'date-time': '2026-01-01T00:00:00Z',
    time: '00:00:00Z',
    email: 'a@example.com',
    uuid: '00000000-0000-4000-8000-000000000000',
    uri: 'https://example.com/',
  };
  const value = byFormat[String(schema.format)] ?? text;
  return value.padEnd(numberOr(schema.minLength, 0), '.').slice(0, numberOr(schema.maxLength, Number.MAX_SAFE_INTEGER));
}

function buildNumber(schema: Json): number {
  const least = numberOr(schema.minimum, numberOr(schema.exclusiveMinimum, -1) + 1);
  return Math.min(least, numberOr(schema.maximum, least));
}

function readType(schema: Json): unknown {
  if (Array.isArray(schema.type)) return schema.type.find((type) => type !== 'null') ?? 'null';
  return schema.type ?? (isObject(schema.properties) ? 'object' : 'string');
}

function resolve(reference: string, root: Json): Json {
  const path = reference.split('/').slice(1);
  return path.reduce<Json>((at, key) => asObject(at[key]), root);
}

function schemaIn(value: unknown): Json | null {
  return isObject(value) ? value : null;
}

function numberOr(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback;
}
