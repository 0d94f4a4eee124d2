// A provider that may not call: its account lacks a required setting, such as the key, or is bound to another region than the job. It can plan
// and read, and refuses every call before it sends anything.

import type { Fault } from '../domain/batch/backoff.ts';
import type { Provider } from './provider.ts';
import { plainFault } from './transport/fault.ts';

export const keyless = (provider: Provider): Provider => refuseCalls(provider, 'unauthorized');

export const elsewhere = (provider: Provider): Provider => refuseCalls(provider, 'wrong_region');

function refuseCalls(provider: Provider, fault: Fault): Provider {
  const refuse = async (): Promise<never> => {
    throw plainFault(provider.name, fault);
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
