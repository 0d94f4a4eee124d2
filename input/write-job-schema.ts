// Writes `job.schema.json` anew: run it after a change to the schema.

import { writeFile } from 'node:fs/promises';
import { jobSchemaText } from './job-schema.ts';

await writeFile(new URL('../job.schema.json', import.meta.url), jobSchemaText());
