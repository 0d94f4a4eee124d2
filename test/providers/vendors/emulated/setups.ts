// How the emulator stands in for each vendor of the registry: which routes, models and habits.

import type { BatchEnding } from '../../../../domain/batch/state.ts';
import type { Finish } from '../../../../domain/outcome/outcome.ts';
import type { OptionsInput } from '../../../../emulator/faults/options.ts';
import { frontPath } from '../../../../emulator/fronts.ts';
import type { RouteName } from '../../../../emulator/server/routes.ts';
import type { VendorEntry } from '../../../../providers/account.ts';
import { vendorEntries } from '../../../../providers/registry.ts';
import { shippedProfiles } from '../../../../providers/vendors/compatible/index.ts';

/** How the emulator stands in for a vendor. */
export interface EmulatedVendor {
  readonly name: string;
  readonly entry: VendorEntry;
  /** Where the vendor's API begins, below the emulator's address. */
  readonly path: string;
  readonly model: string;
  /** False if an expired batch has no output. */
  readonly keepsExpired: boolean;
  /** True if a batch shows no status: counts stand for it, and the worker's own clock for its expiry, which tests that skip time cannot see. */
  readonly hasNoStatus?: true;
  /** False if a failed batch has no output, although some of it was answered. */
  readonly keepsFailed: boolean;
  /**
   * The emulator's name of the call that each method of the port makes; of the one that does the work, if there are several. Null for a method
   * that does not call the vendor.
   */
  readonly routes: Readonly<
    Record<'create' | 'poll' | 'download' | 'call', RouteName> &
      Record<'upload' | 'find' | 'cancel' | 'forget', RouteName | null>
  >;
  /** The emulated API that it speaks. */
  readonly api: 'openai' | 'anthropic' | 'bedrock' | 'gemini' | 'vertex';
  /** Where its batches are staged, if not at the vendor. */
  readonly staging?: 'gs' | 's3';
  /** What the contract's small batches need of the emulator. Default: nothing. */
  readonly options?: OptionsInput;
  /** How its answers say that a model refused. Default: `refused`. */
  readonly refusal?: Finish;
  /** Fewer than any reply to the call `download` has, compressed or not. Default: 600. */
  readonly cutAfterBytes?: number;
  /** Whether it lists the models that a job may name. */
  readonly listsModels: boolean;
  /** Whether forgetting a batch deletes its results too. */
  readonly forgetsResults: boolean;
  /** After how many days an upload expires, if Nightshift asks for it or the vendor does it by itself. */
  readonly uploadDays?: number;
  /** The endings after which each request that did not run has a line that says so. */
  readonly unrunLines: readonly BatchEnding[];
  /** Whether it shows counts that are relied on. */
  readonly counts: boolean;
}

type Setup = Omit<EmulatedVendor, 'name' | 'entry' | 'path'>;

const openaiSetup: Setup = {
  api: 'openai',
  listsModels: true,
  model: 'gpt-5.4-mini',
  keepsExpired: true,
  keepsFailed: true,
  routes: {
    upload: 'openai.files.create',
    find: 'openai.batches.list',
    create: 'openai.batches.create',
    poll: 'openai.batches.retrieve',
    cancel: 'openai.batches.cancel',
    download: 'openai.files.content',
    forget: 'openai.files.delete',
    call: 'openai.chat',
  },
  forgetsResults: true,
  unrunLines: ['expired', 'cancelled'],
  counts: true,
};

const ownSetups: Readonly<Record<string, Setup>> = {
  anthropic: {
    api: 'anthropic',
    listsModels: true,
    model: 'claude-haiku-4-5',
    keepsExpired: true,
    keepsFailed: true,
    routes: {
      upload: null,
      find: 'anthropic.batches.list',
      create: 'anthropic.batches.create',
      poll: 'anthropic.batches.retrieve',
      cancel: 'anthropic.batches.cancel',
      download: 'anthropic.batches.results',
      forget: 'anthropic.batches.delete',
      call: 'anthropic.messages',
    },
    forgetsResults: true,
    unrunLines: ['expired', 'cancelled'],
    counts: true,
  },
  bedrock: {
    api: 'bedrock',
    staging: 's3',
    options: { limits: { recordsMin: 1 } },
    refusal: 'filtered',
    cutAfterBytes: 100,
    listsModels: true,
    model: 'amazon.nova-lite-v1:0',
    keepsExpired: true,
    keepsFailed: false,
    forgetsResults: true,
    unrunLines: [],
    routes: {
      upload: null,
      find: 'bedrock.batches.list',
      create: 'bedrock.batches.create',
      poll: 'bedrock.batches.retrieve',
      cancel: 'bedrock.batches.cancel',
      download: 'bedrock.batches.retrieve',
      forget: null,
      call: 'bedrock.converse',
    },
    counts: true,
  },
  azure: { ...openaiSetup, uploadDays: 14, listsModels: false, counts: false },
  gemini: {
    api: 'gemini',
    listsModels: true,
    model: 'gemini-2.5-flash',
    uploadDays: 2,
    keepsExpired: false,
    keepsFailed: false,
    forgetsResults: true,
    unrunLines: [],
    routes: {
      // A small batch is sent with its create.
      upload: null,
      find: 'gemini.batches.list',
      create: 'gemini.batches.create',
      poll: 'gemini.batches.retrieve',
      cancel: 'gemini.batches.cancel',
      download: 'gemini.batches.retrieve',
      forget: 'gemini.batches.delete',
      call: 'gemini.generate',
    },
    counts: true,
  },
  digitalocean: {
    ...openaiSetup,
    forgetsResults: false,
    routes: { ...openaiSetup.routes, upload: 'openai.files.put', download: 'openai.files.signed', forget: null },
  },
  fireworks: {
    ...openaiSetup,
    listsModels: false,
    unrunLines: [],
    routes: {
      ...openaiSetup.routes,
      find: 'openai.batches.retrieve',
      cancel: null,
      download: 'openai.files.signed',
    },
  },
  mistral: { ...openaiSetup, uploadDays: 14, model: 'mistral-small-latest' },
  openai: { ...openaiSetup, uploadDays: 14 },
  openrouter: {
    ...openaiSetup,
    listsModels: false,
    unrunLines: [],
    routes: {
      ...openaiSetup.routes,
      upload: null,
      cancel: null,
      download: 'openai.batches.results',
      forget: 'openai.batches.delete',
    },
  },
  vertex: {
    api: 'vertex',
    staging: 'gs',
    cutAfterBytes: 100,
    listsModels: true,
    model: 'gemini-2.5-flash',
    keepsExpired: true,
    keepsFailed: false,
    forgetsResults: true,
    unrunLines: [],
    routes: {
      upload: null,
      find: 'vertex.batches.list',
      create: 'vertex.batches.create',
      poll: 'vertex.batches.retrieve',
      cancel: 'vertex.batches.cancel',
      download: 'vertex.batches.retrieve',
      forget: 'vertex.batches.delete',
      call: 'vertex.generate',
    },
    counts: true,
  },
  xai: {
    ...openaiSetup,
    model: 'grok-4.3',
    uploadDays: 14,
    hasNoStatus: true,
    listsModels: false,
    forgetsResults: false,
    unrunLines: ['cancelled'],
    routes: { ...openaiSetup.routes, download: 'openai.batches.results' },
  },
};

export function requireEmulated(name: string): EmulatedVendor {
  const entry = vendorEntries[name];
  const setup = ownSetups[name] ?? (name in shippedProfiles ? { ...openaiSetup, counts: false } : undefined);
  if (entry === undefined || setup === undefined) {
    throw new Error(
      `${name} is in the registry, but no emulator stands in for it: give it one, and a setup in emulated/setups.ts`,
    );
  }
  return { name, entry, path: frontPath(name), ...setup };
}
