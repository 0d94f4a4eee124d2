// A real Temporal server for the tests of one file, and a client of it.

import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll } from 'vitest';
import type { DevServerOptions } from '../../scripts/dev-server.ts';
import { type RealServer, startRealServer } from '../support/servers/real-server.ts';

export interface Server {
  readonly address: string;
  readonly uiUrl: string;
  readonly client: Client;
}

/** At the top of a file: the server starts before its first test, and is gone after its last one. To be read inside tests and hooks. */
export function realServer(options: DevServerOptions = { headless: true }): Server {
  let started: { readonly server: RealServer; readonly client: Client } | null = null;
  const here = () => {
    if (started === null) throw new Error('the server is started before the first test, not before');
    return started;
  };
  beforeAll(async () => {
    const server = await startRealServer(options);
    const connection = await Connection.connect({ address: server.address });
    started = { server, client: new Client({ connection }) };
  });
  afterAll(async () => {
    // The connection stays open, as in `whileTestsRun`.
    await started?.server.stop();
  });
  return {
    get address() {
      return here().server.address;
    },
    get uiUrl() {
      return here().server.uiUrl;
    },
    get client() {
      return here().client;
    },
  };
}
