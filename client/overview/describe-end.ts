// How a job ended, in words that follow its id. In a file of its own, because commands that need no server load it too.

import type { ListedJob } from '../job-list.ts';

export const describeEnd = (state: ListedJob['state']): string => endWords[state] ?? 'has ended';

const endWords: Partial<Record<ListedJob['state'], string>> = {
  failed: 'failed',
  cancelled: 'was cancelled',
  terminated: 'was terminated',
  timed_out: 'timed out',
};
