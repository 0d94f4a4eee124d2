// Appends to a journal of any store until it is killed, and says which lines it was promised are durable.

import { createStore, readStoreSettings } from '../../storage/registry.ts';

const [dataRoot = '', uri = ''] = process.argv.slice(2);
const settings = readStoreSettings((name) => process.env[name] ?? null);
const journal = await createStore({ dataRoot, ...settings }).journal(uri);
for (let number = 0; ; number += 8) {
  const together = Array.from({ length: 8 }, (_, index) => journal.append(Buffer.from(`{"n":${number + index}}`)));
  await Promise.all(together);
  process.stdout.write(`${number + 7}\n`);
}
