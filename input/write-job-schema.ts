// Makes `job.schema.json`, the published JSON Schema of a job file, from the schema that is enforced: editors complete with it.
// Run this file after a change to the schema: it writes the schema again.

import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { durationPattern } from '../domain/duration.ts';
import { jobFields } from './schema.ts';

export function jobSchemaText(): string {
  const schema = z.toJSONSchema(jobFields, {
    target: 'draft-07',
    io: 'input',
    unrepresentable: 'any',
    override: tidy,
  });
  const published = {
    ...schema,
    title: 'Nightshift job',
    description: 'A dataset through one request template: what `processDataset` takes.',
    anyOf: [{ required: ['dataset', 'provider'] }, { required: ['resumeFrom'] }],
  };
  return `${JSON.stringify(published, null, 2)}\n`;
}

/** zod bounds every whole number by the largest safe one, which does not help an editor. */
function tidy({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.pattern === durationPattern) jsonSchema.examples = ['90s', '15m', '1h30m'];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(new URL('../job.schema.json', import.meta.url), jobSchemaText());
}
