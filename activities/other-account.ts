// Distinguishes what is gone, or was never made, from an API key of another account: asks the provider about other batches of the job, and about
// the uploaded file.

import { cancellationSignal } from '@temporalio/activity';
import type { Fault } from '../domain/batch/backoff.ts';
import type { BatchHandle } from '../domain/batch/state.ts';
import { readOthersOwned } from '../job-folder/submission.ts';
import { ProviderError, type ProviderErrorFacts } from '../providers/error.ts';
import type { Provider } from '../providers/provider.ts';
import type { Store } from '../storage/store.ts';

/** Enough to decide: it is most unlikely that exactly these batches are gone and no others. */
const othersMax = 3;
/** For all these calls together: a poll and these calls fit into the time of one try. */
const callsMs = 20_000;

export interface AccountBlame {
  /** Whether the account may be the reason that something is not found. Default: false, as after a person has checked the account. */
  readonly mayBlameAccount?: boolean;
}

/** What the provider does not show. */
export interface Unseen {
  readonly output: string;
  /** The batch that it does not find; null if a list shows none. */
  readonly id: string | null;
  /** The uploaded file; null if there is none, or if the file may be gone. */
  readonly fileId: string | null;
}

/** What a key of the right account sees. */
interface AccountEvidence extends Pick<Unseen, 'output' | 'fileId'> {
  /** The mark of the account to which the create was sent, if the worker now has another mark: a renewed key, or the key of another account. */
  readonly maker?: string | undefined;
}

/**
 * For a batch that is known, and is polled again. Throws `wrong_account` if the provider finds none of the job's other batches; if there are none, if
 * it does not have the file either. If a call fails in another way, or if nothing can be asked about, the account is not blamed.
 */
export async function requireOwnAccount(store: Store, provider: Provider, unseen: Unseen): Promise<void> {
  const signal = limitCalls();
  const others = await readOthersOwned(store, unseen.output, unseen, othersMax);
  for (const other of others) if (!(await isNotFound(provider, other, signal))) return;
  const isOther = others.length > 0 || (await lacksFile(provider, unseen, signal));
  if (isOther) throw wrongAccount(provider);
}

/**
 * Before a batch is created again: only what the provider shows proves that the account is the right one. False if it shows none of the job's
 * batches and not the file; every other failure of a call is thrown as it is. If nothing can be asked about, the account counts as proven, unless
 * it has another mark than the one that made the batch. In that case, batches that this account made prove nothing.
 */
export async function isProvenAccount(
  store: Store,
  provider: Provider,
  { output, fileId, maker }: AccountEvidence,
): Promise<boolean> {
  const signal = limitCalls();
  const others = await readOthersOwned(store, output, { accountMark: maker }, othersMax);
  for (const other of others) if (await isShown(provider, other, signal)) return true;
  const isHeld = fileId === null ? undefined : await provider.holdsFile?.(fileId, { signal });
  return isHeld ?? (others.length === 0 && maker === undefined);
}

const limitCalls = (): AbortSignal => AbortSignal.any([cancellationSignal(), AbortSignal.timeout(callsMs)]);

export const wrongAccount = ({ name }: Provider): ProviderError => new ProviderError(name, wrongAccountFacts);

const wrongAccountFacts: ProviderErrorFacts = {
  fault: 'wrong_account',
  status: null,
  code: null,
  requestId: null,
  retryAfterMs: null,
  ambiguous: false,
};

export async function isNotFound(provider: Provider, handle: BatchHandle, signal: AbortSignal): Promise<boolean> {
  try {
    await provider.poll(handle, { signal });
    return false;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return error.facts.fault === 'not_found';
  }
}

/** Some vendors say of what another account has that access is forbidden. This key was allowed to list batches just before. */
async function isShown(provider: Provider, handle: BatchHandle, signal: AbortSignal): Promise<boolean> {
  try {
    await provider.poll(handle, { signal });
    return true;
  } catch (error) {
    if (error instanceof ProviderError && isHidden(error.facts.fault)) return false;
    throw error;
  }
}

const isHidden = (fault: Fault): boolean => fault === 'not_found' || fault === 'forbidden';

async function lacksFile(provider: Provider, { fileId }: Unseen, signal: AbortSignal): Promise<boolean> {
  try {
    return fileId !== null && (await provider.holdsFile?.(fileId, { signal })) === false;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return false;
  }
}
