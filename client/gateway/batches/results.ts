// The results of a batch, line by line in the order of its input.

import type { ResultLine } from '../../../domain/outcome/merge.ts';
import { cursorLineBytesMax, lineChunks } from '../../../storage/lines/json-lines.ts';
import type { Store } from '../../../storage/store.ts';

/** Arrays of results, one array for each chunk of the file. A failed one has the provider's response too, if the model has answered. */
export async function* readResultChunks(
  store: Store,
  results: string,
  signal?: AbortSignal,
): AsyncGenerator<readonly ResultLine[]> {
  for await (const lines of lineChunks(store.read(results, { signal }), { lineBytesMax: cursorLineBytesMax })) {
    yield lines.flatMap(({ bytes }): ResultLine[] =>
      bytes === null || bytes.length === 0 ? [] : [JSON.parse(bytes.toString())],
    );
  }
}
