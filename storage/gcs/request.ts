// Requests of our own to Google Cloud Storage, with the client's credentials, for content: the client's streams lose errors, leave listeners
// behind, and take ten times as long for a small object.

import type { Gcs } from './call.ts';

export interface RequestOptions {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
}

/** Throws an error with the status as its code if the answer is a refusal. */
export async function requestGcs(
  { storage }: Gcs,
  path: string,
  { headers, ...options }: RequestOptions,
): Promise<Response> {
  const url = `${storage.apiEndpoint}${path}`;
  // An emulator has no accounts.
  const all = storage.customEndpoint ? new Headers() : await storage.authClient.getRequestHeaders(url);
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  const response = await fetch(url, { ...options, headers: all });
  if (response.ok) return response;
  await response.body?.cancel();
  throw Object.assign(new Error('refused'), { code: response.status });
}
