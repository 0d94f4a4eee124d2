// The refusal of a dataset that cannot be read as its format says, before anything is spent.

import { JobRefused } from '../../domain/refusal.ts';

/** `why` is our own text, which never quotes the file. */
export function refuseFile(uri: string, why: string): JobRefused {
  return new JobRefused('dataset_unreadable', [{ where: 'dataset', message: `${uri}: ${why}` }]);
}
