// The form that a chat completion's request wants its answer in.

import type { Json } from '../../../../domain/outcome/outcome.ts';
import { checkNames, type Fields, isGiven, readObject, readOptionalText, refuse } from '../fields.ts';

interface AnswerFormat {
  /** A label. */
  readonly name: string | null;
  readonly description: string | null;
  /** Null if any JSON will do. */
  readonly schema: { [name: string]: Json } | null;
}

/** Null for text. `plainJson` says whether the provider can be asked for JSON without a schema. */
export function readFormat(body: Fields, { plainJson }: { readonly plainJson: boolean }): AnswerFormat | null {
  if (!isGiven(body.response_format)) return null;
  const format = readObject(body.response_format, 'response_format');
  if (format.type === 'text') return null;
  if (plainJson && format.type === 'json_object') {
    checkNames(format, 'response_format', ['type']);
    return { name: null, description: null, schema: null };
  }
  if (format.type !== 'json_schema') {
    const others = plainJson ? 'text, json_object and json_schema' : 'text and json_schema';
    refuse('response_format.type', `only ${others} can be carried`);
  }
  checkNames(format, 'response_format', ['type', 'json_schema']);
  const path = 'response_format.json_schema';
  const given = readObject(format.json_schema, path);
  checkNames(given, path, ['name', 'description', 'schema', 'strict']);
  return {
    name: readOptionalText(given.name, `${path}.name`),
    description: readOptionalText(given.description, `${path}.description`),
    schema: { ...readObject(given.schema, `${path}.schema`) },
  };
}
