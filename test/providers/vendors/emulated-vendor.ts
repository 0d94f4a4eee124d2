// Providers connected to an emulator of their own, and requests files to give them. Each vendor of the registry has a setup here.

import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { describeOutput, type EndingRules } from '../../../domain/batch/evidence.ts';
import type { BatchHandle, BatchView } from '../../../domain/batch/state.ts';
import { type CustomId, customId, itemKey, submissionKey } from '../../../domain/ids.ts';
import type { RawOutcome } from '../../../domain/outcome/outcome.ts';
import type { OptionsInput } from '../../../emulator/faults/options.ts';
import { createControl } from '../../../emulator/server/control.ts';
import { startEmulator } from '../../../emulator/server/start.ts';
import { resolveAccount, type VendorEntry } from '../../../providers/account.ts';
import { noBuckets, type OpenBucket } from '../../../providers/bucket.ts';
import { ProviderError, type ProviderErrorFacts } from '../../../providers/error.ts';
import type { CallTarget, Context, Provider, RequestFile, Submission } from '../../../providers/provider.ts';
import { type EmulatedVendor, requireEmulated } from './emulated/setups.ts';
import { openStaging } from './emulated/staging.ts';

export { type EmulatedVendor, requireEmulated };

/** Without the registry's guard: calls are made even if a required setting is missing. */
export function makeProvider(
  entry: VendorEntry,
  given: Readonly<Record<string, string>>,
  openBucket: OpenBucket = noBuckets,
): Provider {
  const account = resolveAccount(entry.settings, ({ name }) => given[name]);
  return entry.make(account, openBucket);
}

/** Stands in for the job's folder, which says whose batches these are. */
export const isOneOf =
  (ids: readonly string[]) =>
  async (id: string): Promise<boolean> =>
    ids.includes(id);

/** Long enough for every batch to have ended, short enough to stay inside its window. */
const allDoneMs = 60_000;

export const context = (): Context => ({ signal: AbortSignal.timeout(20_000) });

/** After this, a test's own signal ends a call that nobody answers. */
export const soonMs = 100;

export const listTexts = (count: number): string[] => Array.from({ length: count }, (_, at) => `question ${at}`);

export async function startVendor(vendor: EmulatedVendor, options: OptionsInput = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'nightshift-provider-'));
  const staging = await openStaging(vendor.staging, folder);
  const time = { clock: 'manual', startMs: Date.parse('2026-11-20T00:00:00Z') } as const;
  const emulator = await startEmulator({ ...time, ...staging.emulator, ...vendor.options, ...options });
  onTestFinished(async () => {
    await emulator.close();
    await rm(folder, { recursive: true, force: true });
  });
  const control = createControl(emulator.url);
  const account = {
    apiKey: 'sk-test',
    accountId: 'ours',
    baseUrl: `${emulator.url}${vendor.path}`,
    ...staging.account,
  };
  const provider = makeProvider(vendor.entry, account, staging.openBucket);
  /** The same account, after a change of some settings. */
  const makeChanged = (changes: Readonly<Record<string, string>>): Provider =>
    makeProvider(vendor.entry, { ...account, ...changes }, staging.openBucket);

  async function prepare(texts: readonly string[], known: readonly string[] = []): Promise<Prepared> {
    const prefix = randomBytes(4).toString('hex');
    const ids = texts.map((_, at) => makeId(prefix, at));
    const lines = texts.map((text, at) => makeLine(vendor, provider, ids[at] ?? makeId(prefix, at), text));
    const key = submissionKey(randomBytes(16).toString('hex'));
    const path = join(folder, `${key}.jsonl`);
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    await writeFile(path, bytes);
    const file = { path: async () => path, name: `${key}.jsonl`, bytes: bytes.length, items: texts.length };
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

  return {
    emulator,
    control,
    provider,
    makeChanged,
    prepare,
    submit,
    end: () => control.clock({ advanceMs: allDoneMs }),
  };
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

/** What the end of a batch proves of its items. */
export function describeEnd({ ending, ...view }: BatchView, proofs: EndingRules) {
  if (ending === null) throw new Error('the batch has not ended');
  return describeOutput({ ...view, ending, refusedUnrun: false, blamed: [], seenAgain: true }, proofs).kind;
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
