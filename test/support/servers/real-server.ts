// The real Temporal server that a test file runs on: the CLI's dev server, or the newer one of the long tests.

import { inject } from 'vitest';
import { type DevServerOptions, startDevServer } from '../../../scripts/dev-server.ts';
import { startNewerServer } from './newer-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The executable of the newer server; null on the dev server. */
    readonly newerServer: string | null;
  }
}

export interface RealServer {
  readonly address: string;
  /** Empty if it has no Web UI. */
  readonly uiUrl: string;
  stop(): Promise<void>;
}

export async function startRealServer(options: DevServerOptions): Promise<RealServer> {
  const newer = inject('newerServer');
  // Only the CLI's server has the Web UI.
  if (newer === null || options.headless !== true) return startDevServer(options);
  return { ...(await startNewerServer(newer, options)), uiUrl: '' };
}
