// Writes the table of what each provider can do into docs/providers.md. Run it after a change to the registry, then `npm run format`.

import { readFile, writeFile } from 'node:fs/promises';
import { replaceCapabilities } from './capability-table.ts';

const page = new URL('../../docs/providers.md', import.meta.url);
await writeFile(page, replaceCapabilities(await readFile(page, 'utf8')));
