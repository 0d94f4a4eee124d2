// The client's settings. It reads its environment only here; Temporal's own variables and profiles are read by Temporal's library.

import { readStoreSettings, type StoreSettings } from '../storage/registry.ts';

export interface Surroundings extends Pick<StoreSettings, 's3PathStyle'> {
  /** The workers' data folder as this machine sees it. */
  readonly dataRoot: string;
  readonly taskQueue: string;
  /** Where Temporal's Web UI is; null if it is to be guessed from the server's address. */
  readonly webUi: string | null;
}

/** An empty variable counts as not set, as for the worker. */
export const surroundings = (): Surroundings => ({
  dataRoot: process.env.NIGHTSHIFT_DATA || '.',
  taskQueue: process.env.NIGHTSHIFT_TASK_QUEUE || 'nightshift',
  webUi: process.env.NIGHTSHIFT_WEB_UI || null,
  ...readStoreSettings((variable) => process.env[variable] || null),
});

/** For what sets variables that are not set. */
export const environment: Record<string, string | undefined> = process.env;
