// How the emulator stands in for each vendor of the registry: which routes, models and habits.

import type { BatchEnding } from '../../../../domain/batch/state.ts';
import { frontPath } from '../../../../emulator/fronts.ts';
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
  /** The emulator's names of the routes that the contract disturbs. */
  readonly routes: {
    readonly create: string;
    readonly poll: string;
    readonly download: string;
    readonly call: string;
  };
  /** The emulated API that it speaks. */
  readonly api: 'openai' | 'anthropic' | 'gemini' | 'vertex';
  /** Where its batches are staged, if not at the vendor. */
  readonly staging?: 'gs';
  /** Fewer than any reply to the call `download` has, compressed or not. Default: 600. */
  readonly cutAfterBytes?: number;
  /** Whether it lists the models that a job may name. */
  readonly listsModels: boolean;
  /** Whether a batch can be cancelled. */
  readonly cancels: boolean;
  /** Whether forgetting a batch deletes its results too. */
  readonly forgetsResults: boolean;
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
  routes: {
    create: 'openai.batches.create',
    poll: 'openai.batches.retrieve',
    download: 'openai.files.content',
    call: 'openai.chat',
  },
  cancels: true,
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
    routes: {
      create: 'anthropic.batches.create',
      poll: 'anthropic.batches.retrieve',
      download: 'anthropic.batches.results',
      call: 'anthropic.messages',
    },
    cancels: true,
    forgetsResults: true,
    unrunLines: ['expired', 'cancelled'],
    counts: true,
  },
  azure: { ...openaiSetup, listsModels: false, counts: false },
  gemini: {
    api: 'gemini',
    listsModels: true,
    model: 'gemini-2.5-flash',
    keepsExpired: false,
    cancels: true,
    forgetsResults: true,
    unrunLines: [],
    routes: {
      create: 'gemini.batches.create',
      poll: 'gemini.batches.retrieve',
      download: 'gemini.batches.retrieve',
      call: 'gemini.generate',
    },
    counts: true,
  },
  digitalocean: {
    ...openaiSetup,
    forgetsResults: false,
    routes: { ...openaiSetup.routes, download: 'openai.files.signed' },
  },
  fireworks: {
    ...openaiSetup,
    listsModels: false,
    cancels: false,
    unrunLines: [],
    routes: { ...openaiSetup.routes, download: 'openai.files.signed' },
  },
  mistral: { ...openaiSetup, model: 'mistral-small-latest' },
  openai: openaiSetup,
  openrouter: {
    ...openaiSetup,
    listsModels: false,
    cancels: false,
    unrunLines: [],
    routes: { ...openaiSetup.routes, download: 'openai.batches.results' },
  },
  vertex: {
    api: 'vertex',
    staging: 'gs',
    cutAfterBytes: 100,
    listsModels: true,
    model: 'gemini-2.5-flash',
    keepsExpired: true,
    cancels: true,
    forgetsResults: true,
    unrunLines: [],
    routes: {
      create: 'vertex.batches.create',
      poll: 'vertex.batches.retrieve',
      download: 'vertex.batches.retrieve',
      call: 'vertex.generate',
    },
    counts: true,
  },
  xai: {
    ...openaiSetup,
    model: 'grok-4.3',
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
      `${name} is in the registry, but no emulator stands in for it: give it one, and a setup in emulated-vendor.ts`,
    );
  }
  return { name, entry, path: frontPath(name), ...setup };
}
