// The client's connection to Temporal, configured by Temporal's own variables and profiles.

import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import {
  describeServerFailure,
  describeWrongSettings,
  explainServerFailure,
  isAbsent,
  noAnswer,
  type ServerFailure,
} from '../domain/server-failure.ts';

export interface Connected {
  readonly client: Client;
  readonly address: string;
  close(): Promise<void>;
}

/** Default to Temporal's own variables: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_PROFILE, … */
export interface ConnectOptions {
  readonly address?: string;
  readonly namespace?: string;
  /** How long to wait in all for a server that does not answer yet. Default: 10 s. */
  readonly waitMs?: number;
  /** How long to wait if the server refuses connections, or its host is unknown. Default: `waitMs`. */
  readonly absentMs?: number;
}

/** Throws an error of one line that names the address, the cause and the variables that change it. */
export async function connect(options: ConnectOptions = {}): Promise<Connected> {
  const { connectionOptions, namespace } = readSettings();
  const address = options.address ?? connectionOptions.address ?? 'localhost:7233';
  const { waitMs = waitMsDefault, absentMs = waitMs } = options;
  const settings = { ...connectionOptions, address, channelArgs };
  const search = new AbortController();
  const reason = findReason(settings, Date.now() + waitMs, search.signal);
  try {
    const connection =
      (await tryToConnect(settings, absentMs, reason)) ??
      (await openConnection(settings, Math.max(1, waitMs - absentMs)));
    const client = new Client({ connection, namespace: options.namespace ?? namespace });
    return { client, address, close: () => connection.close() };
  } catch (error) {
    const failure = explainServerFailure(error);
    throw new Error(describeServerFailure(failure.why === noAnswer ? ((await reason) ?? failure) : failure, address));
  } finally {
    search.abort();
  }
}

/** Null if the server may still answer. It throws if the server is known to be absent. */
async function tryToConnect(
  settings: ConnectionOptions,
  waitMs: number,
  reason: Promise<ServerFailure | null>,
): Promise<Connection | null> {
  try {
    return await openConnection(settings, waitMs);
  } catch (error) {
    if (explainServerFailure(error).why !== noAnswer) throw error;
    const known = await Promise.race([reason, sleep(0, null)]);
    if (known !== null && isAbsent(known)) throw error;
    return null;
  }
}

async function openConnection(settings: ConnectionOptions, connectTimeout: number): Promise<Connection> {
  const connection = Connection.lazy({ ...settings, connectTimeout });
  try {
    await connection.ensureConnected();
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

const waitMsDefault = 10_000;
/** A server that is there has answered by then. */
const reasonDelayMs = 500;
/**
 * gRPC's own first pause is a second, too long for a command that waits for three. Its longest one is two minutes: a followed job would stay silent
 * for that long after its server is back.
 */
const channelArgs = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 5000 };

function readSettings(): Required<Pick<ReturnType<typeof loadClientConnectConfig>, 'connectionOptions' | 'namespace'>> {
  try {
    const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
    return { connectionOptions, namespace };
  } catch (error) {
    throw new Error(describeWrongSettings(error));
  }
}

/**
 * The SDK says only that the time is over. A single call without the SDK's retries has the reason. It runs next to the SDK's attempts, so that
 * it takes no time of its own. Null if it finds none.
 */
async function findReason(
  settings: ConnectionOptions,
  end: number,
  signal: AbortSignal,
): Promise<ServerFailure | null> {
  let probe: Connection | undefined;
  try {
    await sleep(reasonDelayMs, undefined, { signal });
    // A transport of its own: one that is shared, and pauses between two attempts, has forgotten why it failed.
    const channelArgs = { 'grpc.use_local_subchannel_pool': 1 };
    const connection = Connection.lazy({ ...settings, channelArgs, interceptors: [] });
    probe = connection;
    const call = () => connection.workflowService.getSystemInfo({});
    await connection.withAbortSignal(signal, () => connection.withDeadline(end, call));
    return null;
  } catch (error) {
    return explainServerFailure(error);
  } finally {
    await probe?.close();
  }
}
