// What the heartbeats of a download carry. The server keeps the last one without an event in any history.

export interface DownloadProgress {
  /** Received by this attempt: each begins at the first byte. */
  readonly bytes: number;
  readonly attempt: number;
}

/** Null if the attempt has not said it yet, or if an earlier version of the worker runs it. */
export function readReceivedBytes(details: unknown, attempt: number): number | null {
  if (typeof details !== 'object' || details === null) return null;
  const said: Partial<Record<keyof DownloadProgress, unknown>> = details;
  return said.attempt === attempt && typeof said.bytes === 'number' ? said.bytes : null;
}
