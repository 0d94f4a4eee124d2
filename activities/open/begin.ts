// Begins a new job: fixes its settings, and claims its output.

import { findLaneLimits } from '../../domain/dispatch/lanes.ts';
import { nameAccount } from '../../domain/dispatch/limits.ts';
import { defaultAccount, type JobFile, type JobSpec } from '../../domain/job.ts';
import { findPrice, findPricesIn, type Prices } from '../../domain/money/cost.ts';
import { choosePolicy } from '../../domain/outcome/verdict.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import { claimOutput, makeClaim, nonceBytes, type Owner } from '../../job-folder/claim.ts';
import { computeFingerprint } from '../../storage/formats/dataset.ts';
import { type ActivityDeps, requireKnownProvider } from '../deps.ts';
import type { Admission } from '../dispatch/port.ts';
import { refuseOutput } from './check-output.ts';
import { isOwnJob, mayTake, takeOutput } from './take.ts';

/**
 * Call it if `checkOutput` found nothing. The same run finds the job that it claimed before, unchanged. Of several runs at the same instant,
 * one wins.
 */
export async function beginJob(
  deps: Pick<ActivityDeps, 'store' | 'cluster' | 'provider' | 'admission' | 'prices' | 'timing' | 'now' | 'randomHex'>,
  owner: Owner,
  spec: JobSpec,
): Promise<JobFile> {
  const provider = requireKnownProvider(deps, spec);
  const claim = makeClaim(owner, deps.randomHex(nonceBytes), deps.now());
  const job: JobFile = {
    version: 1,
    claim,
    planNonce: claim.nonce,
    takenOver: [],
    spec,
    policy: choosePolicy(spec.retry),
    prices: pickPrices(findPricesIn(provider.priceRegion ?? null, deps.prices.models), spec),
    pricesDated: deps.prices.dated,
    timing: { ...deps.timing, providerWindowMs: provider.limits.windowMs },
    proofs: provider.proofs,
    region: provider.region,
    ...pickSharedRate(deps.admission, spec),
    fingerprint: await computeFingerprint(deps.store, spec.dataset.uri),
  };
  const found = await claimOutput(deps.store, job);
  if (found === null) throw new InvariantBroken(`${spec.output}job.json vanished while the output was claimed`);
  if (found === 'not_ours') throw refuseOutput(found, spec.output);
  if (isOwnJob(found, owner)) return found;
  const taken = (await mayTake(deps, owner, spec.output, found)) ? await takeOutput(deps, found, job) : found;
  if (isOwnJob(taken, owner)) return taken;
  throw refuseOutput(taken, spec.output);
}

/** A job without a dispatcher, or of many models, has only its own limits. */
function pickSharedRate(
  admission: Admission | null,
  { provider, account = defaultAccount, model, route }: JobSpec,
): Pick<JobFile, 'sharedRate'> {
  if (admission === null || model === null || route === undefined) return {};
  const sharedRate = findLaneLimits(admission.limits, nameAccount(provider, account), model);
  return sharedRate.rpm === null && sharedRate.tpm === null ? {} : { sharedRate };
}

/** A job with one model needs one price; ready-made request lines may name any model. */
function pickPrices(prices: Prices, { model }: JobSpec): JobFile['prices'] {
  if (model === null) return prices;
  const price = findPrice(model, prices);
  return price === undefined ? {} : { [model]: price };
}
