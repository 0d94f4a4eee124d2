// The worker's and the replay's connection to Temporal, configured by Temporal's own variables and profiles.

import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';

export interface Connected {
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly namespace: string;
  readonly address: string;
}

/** Throws an error that names the address and the variables that change it. The caller closes the connection. */
export async function connect(): Promise<Connected> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const address = connectionOptions.address ?? 'localhost:7233';
  try {
    const connection = await NativeConnection.connect({ ...connectionOptions, address });
    return { connection, client: new Client({ connection, namespace }), namespace, address };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `no Temporal server answers at ${address} (${why}): start one, or set TEMPORAL_ADDRESS or TEMPORAL_PROFILE`,
    );
  }
}
