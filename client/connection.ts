// The client's connection to Temporal, configured by Temporal's own variables and profiles, and the client's other settings. The
// client reads its environment only here.

import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

export interface Connected {
  readonly client: Client;
  readonly address: string;
  close(): Promise<void>;
}

/** Default to Temporal's own variables: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_PROFILE, … */
export interface ConnectOptions {
  readonly address?: string;
  readonly namespace?: string;
}

export async function connect(options: ConnectOptions = {}): Promise<Connected> {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const address = options.address ?? connectionOptions.address ?? 'localhost:7233';
  try {
    const connection = await Connection.connect({ ...connectionOptions, address });
    const client = new Client({ connection, namespace: options.namespace ?? namespace });
    return { client, address, close: () => connection.close() };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `no Temporal server answers at ${address} (${why}): start one, or set TEMPORAL_ADDRESS or TEMPORAL_PROFILE`,
    );
  }
}

export interface Surroundings {
  /** The workers' data folder as this machine sees it. */
  readonly dataRoot: string;
  readonly taskQueue: string;
}

/** An empty variable counts as not set, as for the worker. */
export const surroundings = (): Surroundings => ({
  dataRoot: process.env.NIGHTSHIFT_DATA || '.',
  taskQueue: process.env.NIGHTSHIFT_TASK_QUEUE || 'nightshift',
});
