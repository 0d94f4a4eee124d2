// Compiles the JSON Schema that answers must satisfy, or says why it is not a valid schema.

import { Ajv, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Json } from '../domain/outcome/outcome.ts';

export type CompiledSchema =
  | { readonly kind: 'schema'; readonly accepts: (answer: Json) => boolean }
  | { readonly kind: 'problem'; readonly message: string };

/** Places named in one message. */
const placesMax = 5;
/** Unknown keywords and formats are ignored, as the standard demands: providers' dialects are full of them. */
const options = { strict: false, validateFormats: false, logger: false, allErrors: false } as const;

export function compileSchema(schema: Json): CompiledSchema {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    return { kind: 'problem', message: 'must be an object' };
  }
  if (schema.$async === true) return { kind: 'problem', message: 'must not be asynchronous' };
  const compiler = compilerFor(schema.$schema);
  if (compiler.validateSchema(schema) !== true) return { kind: 'problem', message: describeFaults(compiler) };
  try {
    const validate: ValidateFunction = compiler.compile(schema);
    return { kind: 'schema', accepts: (answer) => validate(answer) === true };
  } catch {
    // The compiler's own message quotes the schema.
    return {
      kind: 'problem',
      message: 'is not a valid JSON Schema: a $ref in it leads nowhere, or a pattern is invalid',
    };
  }
}

function describeFaults({ errors }: Ajv): string {
  const places = new Set(errors?.map(({ instancePath }) => instancePath || '/'));
  return `is not a valid JSON Schema at ${[...places].slice(0, placesMax).join(', ')}`;
}

function compilerFor(dialect: Json | undefined): Ajv {
  return typeof dialect === 'string' && dialect.includes('draft-07') ? new Ajv(options) : new Ajv2020(options);
}
