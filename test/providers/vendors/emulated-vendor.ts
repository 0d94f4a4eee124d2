// Providers connected to an emulator of their own, and requests files to give them. Each vendor of the registry has a setup here.

import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { BatchEnding, BatchHandle } from '../../../domain/batch/state.ts';
import { type CustomId, customId, itemKey, submissionKey } from '../../../domain/ids.ts';
import type { RawOutcome } from '../../../domain/outcome/outcome.ts';
import type { OptionsInput } from '../../../emulator/faults/options.ts';
import { frontPath } from '../../../emulator/fronts.ts';
import { createControl } from '../../../emulator/server/control.ts';
import { startEmulator } from '../../../emulator/server/start.ts';
import { resolveAccount, type VendorEntry } from '../../../providers/account.ts';
import { ProviderError, type ProviderErrorFacts } from '../../../providers/error.ts';
import type { CallTarget, Context, Provider, RequestFile, Submission } from '../../../providers/provider.ts';
import { vendorEntries } from '../../../providers/registry.ts';
import { shippedProfiles } from '../../../providers/vendors/compatible/index.ts';

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
  readonly api: 'openai' | 'anthropic' | 'gemini';
  /** Whether it lists the models that a job may name. */
  readonly listsModels: boolean;
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
  mistral: { ...openaiSetup, model: 'mistral-small-latest' },
  openai: openaiSetup,
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

/** Without the registry's guard: calls are made even if a required setting is missing. */
export function makeProvider(entry: VendorEntry, given: Readonly<Record<string, string>>): Provider {
  return entry.make(resolveAccount(entry.settings, ({ name }) => given[name]));
}

/** Stands in for the job's folder, which says whose batches these are. */
export const isOneOf =
  (ids: readonly string[]) =>
  async (id: string): Promise<boolean> =>
    ids.includes(id);

/** Long enough for every batch to have ended, short enough to stay inside its window. */
const allDoneMs = 60_000;

export const context = (): Context => ({ signal: AbortSignal.timeout(20_000) });

export async function startVendor(vendor: EmulatedVendor, options: OptionsInput = {}) {
  const emulator = await startEmulator({ clock: 'manual', startMs: Date.parse('2026-11-20T00:00:00Z'), ...options });
  const folder = await mkdtemp(join(tmpdir(), 'nightshift-provider-'));
  onTestFinished(async () => {
    await emulator.close();
    await rm(folder, { recursive: true, force: true });
  });
  const control = createControl(emulator.url);
  const provider = makeProvider(vendor.entry, { apiKey: 'sk-test', baseUrl: `${emulator.url}${vendor.path}` });

  async function prepare(texts: readonly string[], known: readonly string[] = []): Promise<Prepared> {
    const prefix = randomBytes(4).toString('hex');
    const ids = texts.map((_, at) => makeId(prefix, at));
    const lines = texts.map((text, at) => makeLine(vendor, provider, ids[at] ?? makeId(prefix, at), text));
    const key = submissionKey(randomBytes(16).toString('hex'));
    const path = join(folder, `${key}.jsonl`);
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    await writeFile(path, bytes);
    const file = { path, name: `${key}.jsonl`, bytes: bytes.length, items: texts.length };
    const since = (await control.now()).nowMs - 60_000;
    const endpoint = provider.defaultEndpoint;
    const times = { since, until: Number.POSITIVE_INFINITY };
    const submission = { key, prefix, model: vendor.model, endpoint, items: texts.length, fileId: null, ...times };
    return { file, submission: { ...submission, isOwnedByOther: isOneOf(known) }, ids };
  }

  /** Uploads once, however often it is submitted: so the twins of a submission have one file. */
  async function submit({ file, submission }: Prepared): Promise<BatchHandle> {
    submission.fileId ??= (await provider.upload(file, submission, context())).fileId;
    return provider.create({ fileId: submission.fileId }, file, submission, context());
  }

  return { emulator, control, provider, prepare, submit, end: () => control.clock({ advanceMs: allDoneMs }) };
}

export interface Prepared {
  readonly file: RequestFile;
  readonly submission: Submission & { fileId: string | null };
  readonly ids: readonly CustomId[];
}

const makeId = (prefix: string, at: number): CustomId =>
  customId(prefix, itemKey(createHash('sha256').update(String(at)).digest('hex').slice(0, 24)));

export const targetOf = ({ model }: EmulatedVendor, { defaultEndpoint }: Provider): CallTarget => ({
  model,
  endpoint: defaultEndpoint,
});

export function makeLine(vendor: EmulatedVendor, provider: Provider, id: CustomId, text: string): string {
  const body = {
    ...(provider.modelInBody ? { model: vendor.model } : {}),
    ...Object(provider.buildBody({ user: text, maxTokens: 64 }, provider.defaultEndpoint)),
  };
  return provider.encode(id, JSON.stringify(body), provider.defaultEndpoint);
}

export async function collectLines(chunks: AsyncIterable<Uint8Array>): Promise<Buffer[]> {
  const whole: Uint8Array[] = [];
  for await (const chunk of chunks) whole.push(chunk);
  const text = Buffer.concat(whole).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => Buffer.from(line));
}

export async function collectOutcomes(provider: Provider, handle: BatchHandle): Promise<RawOutcome[]> {
  const lines = await collectLines(provider.download(handle, context()));
  return lines.map((line) => provider.decode(line, provider.defaultEndpoint));
}

export async function catchFacts(work: Promise<unknown>): Promise<ProviderErrorFacts> {
  return (await catchError(work)).facts;
}

export async function catchError(work: Promise<unknown>): Promise<ProviderError> {
  const thrown = await work.then(
    () => new Error('it was expected to fail'),
    (error: unknown) => error,
  );
  if (!(thrown instanceof ProviderError)) throw thrown;
  return thrown;
}
