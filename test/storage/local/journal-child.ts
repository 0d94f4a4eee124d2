// Appends to a journal of a file store until it is killed, and says which lines it was promised are durable.

import { createFileStore } from '../../../storage/local/store.ts';

const [root = '', uri = ''] = process.argv.slice(2);
const journal = await createFileStore({ root }).journal(uri);
for (let number = 0; ; number += 8) {
  const together = Array.from({ length: 8 }, (_, index) => journal.append(Buffer.from(`{"n":${number + index}}`)));
  await Promise.all(together);
  process.stdout.write(`${number + 7}\n`);
}
