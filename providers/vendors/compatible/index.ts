// Providers with OpenAI's API, each made from a profile: plain data, shipped here or written by a user.

import type { EndingRule, EndingRules } from '../../../domain/batch/evidence.ts';
import type { Account, VendorAbout, VendorEntry } from '../../account.ts';
import type { VendorFaults } from '../../faults.ts';
import type { Provider, ProviderLimits } from '../../provider.ts';
import { realtimeOnly } from '../../refusing.ts';
import { type OpenaiProfile, openaiDefaults } from '../openai/client.ts';
import { openaiEndings } from '../openai/endings.ts';
import { openaiFaults } from '../openai/faults.ts';
import { createOpenaiProvider, openai } from '../openai/index.ts';
import { openaiLimits } from '../openai/limits.ts';
import { type Profile, type Profiles, profilesShape, readWindowMs } from './profile.ts';
import shippedJson from './shipped.json' with { type: 'json' };

export const shippedProfiles: Profiles = profilesShape.parse(shippedJson);

type CompatibleEntry = VendorEntry<'apiKey' | 'baseUrl'>;

export const toEntries = (profiles: Profiles): Readonly<Record<string, CompatibleEntry>> =>
  Object.fromEntries(Object.entries(profiles).map(([name, profile]) => [name, toEntry(name, profile)]));

function toEntry(name: string, profile: Profile): CompatibleEntry {
  const prefix = name.toUpperCase().replaceAll('-', '_');
  return {
    settings: [
      {
        name: 'apiKey',
        variable: `${prefix}_API_KEY`,
        secret: true,
        required: profile.needsKey,
        default: null,
        meaning: profile.needsKey ? "The account's key." : 'The key, if the server asks for one.',
      },
      {
        name: 'baseUrl',
        variable: `${prefix}_BASE_URL`,
        secret: false,
        required: false,
        default: profile.baseUrl,
        meaning: "The API's address, `/v1` included.",
      },
    ],
    about: describe(profile),
    make: (account) => makeProvider(name, profile, account),
    loadSdk: openai.loadSdk,
  };
}

function describe({ batch, source }: Profile): VendorAbout {
  const byBatch = batch?.metadata === true ? 'the metadata of its create' : 'the file that it was created from';
  const unchecked = source === undefined ? 'all' : `all; made from ${source}`;
  return { foundBy: batch && byBatch, progress: batch?.counts === true, webhook: false, kept: null, unchecked };
}

function makeProvider(name: string, profile: Profile, account: Account<'apiKey' | 'baseUrl'>): Provider {
  const provider = createOpenaiProvider(toOpenaiProfile(name, profile), account);
  return profile.batch === null ? realtimeOnly(provider) : provider;
}

function toOpenaiProfile(name: string, profile: Profile): OpenaiProfile {
  const { endpoints, outputLimit, lacks, batch } = profile;
  const common = {
    ...openaiDefaults,
    name,
    endpoints,
    outputLimit,
    lacks,
    endings: openaiEndings,
    faults: withCodes(profile),
  };
  if (batch === null) return { ...common, limits: openaiLimits, proofs: proveLittle(false, false) };
  return {
    ...common,
    limits: toLimits(batch),
    proofs: proveLittle(batch.counts, batch.failedMeansNothingRan),
    completionWindow: batch.window,
    filePurpose: batch.filePurpose,
    uploadPath: batch.uploadPath,
    uploadExpires: batch.uploadExpires,
    mark: batch.metadata ? 'metadata' : 'input_file',
    counts: batch.counts,
    sizes: batch.sizes,
  };
}

function toLimits({ itemsMax, bytesMax, window }: NonNullable<Profile['batch']>): ProviderLimits {
  return {
    itemsMax,
    bytesMax,
    itemsMin: 1,
    windowMs: readWindowMs(window),
    distinctCounts: false,
    createSendsItems: false,
  };
}

/** What is not promised is not proven: then items without a line are in doubt, and are never sent again by themselves. */
function proveLittle(counts: boolean, failedMeansNothingRan: boolean): EndingRules {
  const rule: EndingRule = { nothingRan: 'never', lines: 'counted', beyondCounted: 'unknown' };
  const ended: EndingRule = { ...rule, beyondCounted: counts ? 'not_run' : 'unknown' };
  return {
    completed: rule,
    failed: { ...rule, nothingRan: failedMeansNothingRan ? 'validator' : 'never' },
    expired: ended,
    cancelled: ended,
  };
}

function withCodes({ codes, batchCodes }: Profile): VendorFaults {
  return {
    ...openaiFaults,
    calls: { ...openaiFaults.calls, codes: { ...openaiFaults.calls.codes, ...codes } },
    batches: { ...openaiFaults.batches, ...batchCodes },
  };
}
