// Writes the published parts of the schemas: `job.schema.json` and `queue.schema.json`, which editors use for completion, and the table of docs/job-file.md.
// Run it after a change to the schema, then `npm run format`.

import { readFile, writeFile } from 'node:fs/promises';
import { replaceFields } from './job-page.ts';
import { jobSchemaText, queueSchemaText } from './job-schema.ts';

const page = new URL('../../docs/job-file.md', import.meta.url);
await writeFile(new URL('../../job.schema.json', import.meta.url), jobSchemaText());
await writeFile(new URL('../../queue.schema.json', import.meta.url), queueSchemaText());
await writeFile(page, replaceFields(await readFile(page, 'utf8')));
