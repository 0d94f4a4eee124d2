// One page of a batch's results.

import type { Context } from '../../provider.ts';
import { ask, batchPath, type Connection } from '../openai/client.ts';
import { type ResultsPage, resultsWire } from './wire.ts';

export function readResults(
  connection: Connection,
  id: string,
  cursor: string | null,
  { signal }: Context,
): Promise<ResultsPage> {
  const query = cursor === null ? {} : { cursor };
  const path = `${batchPath(connection, id)}/results`;
  return ask(connection, 'read', resultsWire, async () => (await connection.sdk()).get(path, { query, signal }));
}
