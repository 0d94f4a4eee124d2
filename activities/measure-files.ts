// Measures what an account stores at its provider, and exports it as a metric.

import { cancellationSignal } from '@temporalio/activity';
import type { FileUsage } from '../domain/capacity/file-storage.ts';
import { ProviderError } from '../providers/error.ts';
import type { Provider } from '../providers/provider.ts';
import { gaugeFiles } from './metrics.ts';

/** Null if the provider has no list of files, or does not give it within that time. */
export async function measureFiles(provider: Provider, account: string, maxMs: number): Promise<FileUsage | null> {
  if (provider.measureFiles === undefined) return null;
  const signal = AbortSignal.any([cancellationSignal(), AbortSignal.timeout(maxMs)]);
  try {
    const usage = await provider.measureFiles({ signal });
    gaugeFiles({ provider: provider.name, account }, usage);
    return usage;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return null;
  }
}
