// A provider without a batch API: jobs send their requests through the realtime lane, and nothing may create a batch.

import type { Provider } from './provider.ts';
import { plainFault } from './transport/fault.ts';

export function realtimeOnly(provider: Provider): Provider {
  const refuse = async (): Promise<never> => {
    throw plainFault(provider.name, 'refused');
  };
  return {
    ...provider,
    lanes: ['realtime'],
    upload: refuse,
    find: refuse,
    create: refuse,
    poll: refuse,
    // biome-ignore lint/correctness/useYield: it throws before there is anything to yield
    download: async function* () {
      return await refuse();
    },
    cancel: refuse,
    forget: refuse,
  };
}
