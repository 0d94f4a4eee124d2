// Providers that refuse calls before they send anything. They still plan and read.

import type { Fault } from '../domain/batch/backoff.ts';
import type { Provider } from './provider.ts';
import { plainFault } from './transport/fault.ts';

/** The account lacks a required setting, such as the key. */
export const keyless = (provider: Provider): Provider => refuseAll(provider, 'unauthorized');

/** The account is bound to another region than the job. */
export const elsewhere = (provider: Provider): Provider => refuseAll(provider, 'wrong_region');

/** The provider has no batch API: jobs send their requests through the realtime lane. */
export const realtimeOnly = (provider: Provider): Provider => ({
  ...leaveOptional(provider),
  lanes: ['realtime'],
  ...refusedBatches(provider.name, 'refused'),
});

const refuseAll = (provider: Provider, fault: Fault): Provider => ({
  ...leaveOptional(provider),
  check: async () => 'bad_key',
  ...refusedBatches(provider.name, fault),
  call: refuser(provider.name, fault),
});

/** Without the calls that a provider need not have. */
const leaveOptional = ({
  tryRole: _try,
  holdsFile: _holds,
  measureFiles: _measure,
  forgetFile: _forget,
  ...provider
}: Provider): Provider => provider;

type BatchCalls = Pick<Provider, 'upload' | 'find' | 'create' | 'poll' | 'download' | 'cancel' | 'forget'>;

function refusedBatches(name: string, fault: Fault): BatchCalls {
  const refuse = refuser(name, fault);
  return {
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

const refuser = (name: string, fault: Fault) => async (): Promise<never> => {
  throw plainFault(name, fault);
};
