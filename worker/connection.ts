// The worker's and the replay's connection to Temporal, configured by Temporal's own variables and profiles. Waits for a server or namespace
// that is not there yet: after a power cut the worker often starts first.

import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';
import { describeServerFailure, describeWrongSettings, explainServerFailure } from '../domain/server-failure.ts';

export interface Connected {
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly namespace: string;
  readonly address: string;
}

export interface Patience {
  /** Called with one line when the wait begins, and again whenever its reason changes. */
  readonly say: (line: string) => void;
  /** The longest wait in all. Default: forever. */
  readonly limitMs?: number;
}

interface Target {
  readonly options: NativeConnectionOptions;
  readonly address: string;
  readonly namespace: string;
}

const firstDelayMs = 1_000;
const delayMsMax = 30_000;
/** The SDK itself would wait for minutes for a host that does not reply. */
const attemptMsMax = 10_000;

/** Throws an error of one line if the settings are wrong or the time is over. The caller closes the connection. */
export async function connect({ say, limitMs = Number.POSITIVE_INFINITY }: Patience): Promise<Connected> {
  const target = readTarget();
  const end = Date.now() + limitMs;
  let said = '';
  for (let delayMs = firstDelayMs; ; delayMs = Math.min(2 * delayMs, delayMsMax)) {
    try {
      return await open(target);
    } catch (error) {
      const failure = explainServerFailure(error);
      if (failure.check !== null || Date.now() + delayMs > end) {
        throw new Error(describeServerFailure(failure, target.address));
      }
      const line = `waiting for Temporal: ${failure.why} at ${target.address}`;
      if (line !== said) say(line);
      said = line;
    }
    await sleep(delayMs);
  }
}

function readTarget(): Target {
  try {
    const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
    const address = connectionOptions.address ?? 'localhost:7233';
    return { options: { ...connectionOptions, address }, address, namespace };
  } catch (error) {
    throw new Error(describeWrongSettings(error));
  }
}

/** A worker whose namespace is missing would end, so the wait includes the namespace. */
async function open({ options, address, namespace }: Target): Promise<Connected> {
  const connection = await connectInTime(options);
  try {
    await connection.withDeadline(Date.now() + attemptMsMax, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    return { connection, client: new Client({ connection, namespace }), namespace, address };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function connectInTime(options: NativeConnectionOptions): Promise<NativeConnection> {
  const connecting = NativeConnection.connect(options);
  const timer = new AbortController();
  const timeout = sleep(attemptMsMax, undefined, { signal: timer.signal }).then(() => {
    // A late connection is closed; its failure was already reported as a timeout.
    connecting.then((late) => late.close()).catch(() => undefined);
    throw new Error('timed out');
  });
  try {
    return await Promise.race([connecting, timeout]);
  } finally {
    timer.abort();
  }
}
