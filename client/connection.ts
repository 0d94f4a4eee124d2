// The way to Temporal, by its own variables and profiles: what the Temporal CLI reaches, this reaches.

import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

export interface Connected {
  readonly client: Client;
  close(): Promise<void>;
}

export async function connect(): Promise<Connected> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const address = connectionOptions.address ?? 'localhost:7233';
  try {
    const connection = await Connection.connect({ ...connectionOptions, address });
    return { client: new Client({ connection, namespace }), close: () => connection.close() };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `no Temporal server answers at ${address} (${why}): start one, or set TEMPORAL_ADDRESS or TEMPORAL_PROFILE`,
    );
  }
}
