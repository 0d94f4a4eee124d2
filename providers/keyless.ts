// A provider whose account lacks a required setting, such as the key: it can plan and read, and refuses every call before it sends anything.

import type { Provider } from './provider.ts';
import { plainFault } from './transport/fault.ts';

export function keyless(provider: Provider): Provider {
  const refuse = async (): Promise<never> => {
    throw plainFault(provider.name, 'unauthorized');
  };
  return {
    ...provider,
    check: async () => 'bad_key',
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
    call: refuse,
  };
}
