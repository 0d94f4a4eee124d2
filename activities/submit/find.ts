// Searches the provider for the batch of a create whose reply is not known. Creates nothing. Registered as the activity `findBatch`.

import { cancellationSignal } from '@temporalio/activity';
import { reactionTo } from '../../domain/batch/backoff.ts';
import { lostCreatesMax } from '../../domain/limits.ts';
import { readJobFile } from '../../job-folder/job-file.ts';
import {
  countGivenUp,
  giveUpIntent,
  type Intent,
  readIntent,
  type SubmissionRef,
  writeIntent,
} from '../../job-folder/submission.ts';
import { ProviderError } from '../../providers/error.ts';
import { type Found, provesAbsence } from '../../providers/provider.ts';
import type { Store } from '../../storage/store.ts';
import { startClock } from '../clock.ts';
import { type ActivityDeps, markOwnAccount, requireProvider } from '../deps.ts';
import { awaitEarlierOwners } from '../earlier-owners.ts';
import { type AccountBlame, isProvenAccount, wrongAccount } from '../other-account.ts';
import { adopt, type Created, keepKnown, readKnown } from './adopt.ts';
import { describeSubmission } from './describe-submission.ts';

export interface FindInput extends SubmissionRef, AccountBlame {
  /** If this search finds nothing either, the create is given up, and its intent is removed. */
  readonly last: boolean;
}

export type FindResult =
  | Created
  | { readonly kind: 'none' }
  /**
   * Some batches at the provider may come from the create and show it when they end, or the search was refused or could not see everything. The
   * only one that may, or null. `createsLost` if nothing was found, but too many creates of the batch were lost to create it again.
   */
  | { readonly kind: 'unclear'; readonly candidate: string | null; readonly createsLost?: true };

export async function find(
  deps: Pick<ActivityDeps, 'store' | 'cluster' | 'provider' | 'markAccount' | 'now' | 'elapsed'>,
  input: FindInput,
): Promise<FindResult> {
  const { startedAt } = startClock(deps);
  const { store } = deps;
  const job = await readJobFile(store, input);
  await awaitEarlierOwners(deps, job, input);
  const known = await readKnown(store, input);
  if (known !== null) return keepKnown(store, input, known);
  const open = await readIntent(store, input);
  if (open === null) return { kind: 'none' };
  const recorded = await noteFirstFind(store, input, open, startedAt);
  const provider = requireProvider(deps, job);
  const submission = describeSubmission(store, job, input, recorded);
  const signal = AbortSignal.any([cancellationSignal(), AbortSignal.timeout(job.timing.createCallMs)]);
  const found = await unlessRefused(() => provider.find(submission, { signal }));
  if (found === null) return { kind: 'unclear', candidate: null };
  const accountMark = markOwnAccount(deps, job);
  if (found.confirmed.length > 0) return adopt(deps, input, { by: recorded.by, accountMark }, found.confirmed);
  if (!provesAbsence(found)) return { kind: 'unclear', candidate: findOnly(found) };
  if (!input.last) return { kind: 'none' };
  const maker = recorded.accountMark === accountMark ? undefined : recorded.accountMark;
  const evidence = { output: input.output, fileId: recorded.fileId ?? null, maker };
  const mustBeProven = input.mayBlameAccount === true || maker !== undefined;
  if (mustBeProven && !(await isProvenAccount(store, provider, evidence))) {
    if (input.mayBlameAccount) throw wrongAccount(provider);
    return { kind: 'unclear', candidate: null };
  }
  const lost = (await countGivenUp(store, input)) + 1;
  if (lost >= lostCreatesMax) return { kind: 'unclear', candidate: null, createsLost: true };
  await giveUpIntent(store, input, recorded, lost);
  return { kind: 'none' };
}

const findOnly = ({ possible: [first, ...others] }: Found): string | null =>
  others.length === 0 ? (first?.id ?? null) : null;

/** A find comes after the create's time. Batches that began later belong to others, and are not waited for. */
async function noteFirstFind(store: Store, ref: FindInput, open: Intent, startedAt: number): Promise<Intent> {
  if (open.sentBy !== undefined) return open;
  const noted: Intent = { ...open, sentBy: Math.max(startedAt, open.overAt) };
  await writeIntent(store, ref, noted);
  return noted;
}

/** A refused search says nothing about a create that may have gone through. */
async function unlessRefused(search: () => Promise<Found>): Promise<Found | null> {
  try {
    return await search();
  } catch (error) {
    if (error instanceof ProviderError && reactionTo[error.facts.fault].kind === 'final') return null;
    throw error;
  }
}
