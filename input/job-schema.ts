// The published JSON Schema of a job file, made from the schema that is enforced: editors complete by it.

import { z } from 'zod';
import { durationPattern } from '../domain/duration.ts';
import { jobFields } from './schema.ts';

export function jobSchemaText(): string {
  const schema = z.toJSONSchema(jobFields, {
    target: 'draft-07',
    io: 'input',
    unrepresentable: 'any',
    override: tidied,
  });
  const published = {
    ...schema,
    title: 'Nightshift job',
    description: 'A dataset through one request template: what `processDataset` takes.',
    anyOf: [{ required: ['dataset', 'provider'] }, { required: ['resumeFrom'] }],
  };
  return `${JSON.stringify(published, null, 2)}\n`;
}

/** What zod adds to a whole number to say that it is a safe one tells an editor nothing. */
function tidied({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.pattern === durationPattern) jsonSchema.examples = ['90s', '15m', '1h30m'];
}
