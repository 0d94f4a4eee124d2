// Checks what a job says against the world: files, keys, models, prices. Everything is checked before anything is refused.

import { cancellationSignal } from '@temporalio/activity';
import { defaultAccount, type JobSpec } from '../../domain/job.ts';
import { findPrice, type Prices } from '../../domain/money/cost.ts';
import { findCap } from '../../domain/money/output-limit.ts';
import { JobRefused } from '../../domain/refusal.ts';
import { readScheme } from '../../domain/store-uri.ts';
import type { Owner } from '../../job-folder/claim.ts';
import type { ModelCheck } from '../../providers/provider.ts';
import { readRecords } from '../../storage/formats/dataset.ts';
import { listFiles } from '../../storage/formats/files.ts';
import { type Store, StoreError, type StoreProblem, storeAdvice } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import { checkInputsOutside, checkOutput, type Finding, report } from './check-output.ts';
import { tryBucket } from './store-trials.ts';

/** Asking a provider about a model takes at most this long. */
const modelCheckMs = 30_000;
/** Of so many files, what is wrong is said. */
const shownFilesMax = 20;

/** The first finding names the refusal; the message lists them all. `output` is the folder to claim: an estimate has one of its own. */
export async function checkWorld(
  deps: Pick<
    ActivityDeps,
    'store' | 'cluster' | 'provider' | 'credentials' | 'bucket' | 'prices' | 'randomHex' | 'webhooks'
  >,
  owner: Owner,
  spec: JobSpec,
  output: string,
): Promise<void> {
  refuseIfAny([
    ...(await checkDataset(deps.store, spec.dataset)),
    ...(spec.reuse === null ? [] : await checkFile(deps.store, spec.reuse, 'reuse')),
    ...(await checkAccount(deps, spec)),
    ...checkWebhook(deps.webhooks, spec),
    ...checkInputsOutside(spec),
    ...(await checkOutput(deps, owner, output)),
  ]);
}

function checkWebhook({ secrets }: ActivityDeps['webhooks'], { webhook }: JobSpec): Finding[] {
  if (webhook === undefined || secrets.length > 0) return [];
  const message = 'the worker has no secret to sign with: set NIGHTSHIFT_WEBHOOK_SECRET and restart the worker';
  return report('invalid_job', 'webhook', message);
}

export function refuseIfAny(findings: readonly Finding[]): void {
  const [first] = findings;
  if (first === undefined) return;
  throw new JobRefused(
    first.kind,
    findings.map(({ problem }) => problem),
  );
}

/** The key, the model, the bucket and the price. */
export async function checkAccount(
  deps: Pick<ActivityDeps, 'store' | 'provider' | 'credentials' | 'bucket' | 'prices' | 'randomHex'>,
  spec: JobSpec,
): Promise<readonly Finding[]> {
  return [...(await checkProvider(deps, spec)), ...checkPrice(deps.prices.models, spec)];
}

async function checkFile(store: Store, uri: string, where: 'dataset' | 'reuse'): Promise<Finding[]> {
  try {
    const stored = await store.head(uri, cancellationSignal());
    if (stored === null) return report('dataset_missing', where, `there is no file ${describePlace(uri)}`);
    if (stored.bytes === 0) return report('dataset_empty', where, `${uri} is empty`);
    await readFirstChunk(store, uri);
    return [];
  } catch (error) {
    if (!(error instanceof StoreError) || error.problem === 'unavailable') throw error;
    return report('dataset_unreadable', where, `${uri} ${describeUnreadable(error.problem)}`);
  }
}

/** Each file, and of the first one also whether its beginning has the form that the format demands. */
async function checkDataset(store: Store, dataset: JobSpec['dataset']): Promise<Finding[]> {
  try {
    const findings: Finding[] = [];
    for (const uri of await listFiles(store, dataset.uri, cancellationSignal())) {
      findings.push(...(await checkFile(store, uri, 'dataset')));
    }
    return findings.length > 0 ? findings.slice(0, shownFilesMax) : await checkBeginning(store, dataset);
  } catch (error) {
    if (!(error instanceof StoreError) || error.problem === 'unavailable') throw error;
    const isMissing = error.problem === 'missing';
    const why = isMissing ? 'matches no file' : describeUnreadable(error.problem);
    return report(isMissing ? 'dataset_missing' : 'dataset_unreadable', 'dataset', `${error.uri} ${why}`);
  }
}

async function checkBeginning(store: Store, dataset: JobSpec['dataset']): Promise<Finding[]> {
  try {
    for await (const _ of readRecords(store, { ...dataset, limit: 1 }, { signal: cancellationSignal() })) break;
    return [];
  } catch (error) {
    if (!(error instanceof JobRefused)) throw error;
    return error.problems.map((problem) => ({ kind: error.kind, problem }));
  }
}

const describePlace = (uri: string): string => (readScheme(uri) === null ? `${uri} under the data root` : uri);

function describeUnreadable(problem: StoreProblem): string {
  if (problem === 'unreadable') return 'cannot be read: check its permissions';
  if (problem === 'no_bucket' || problem === 'no_credentials') return `cannot be read: ${storeAdvice[problem]}`;
  return 'is not a file under the data root';
}

async function readFirstChunk(store: Store, uri: string): Promise<void> {
  for await (const _chunk of store.read(uri, { signal: cancellationSignal() })) return;
}

async function checkProvider(
  deps: Pick<ActivityDeps, 'store' | 'provider' | 'credentials' | 'bucket' | 'randomHex'>,
  { provider, account = defaultAccount, model }: JobSpec,
): Promise<Finding[]> {
  const { present, variable } = deps.credentials(provider, account);
  if (!present) {
    const message = `the worker has no key for ${provider}: set ${variable} and restart the worker`;
    return report('no_api_key', 'provider', message);
  }
  const signal = AbortSignal.any([cancellationSignal(), AbortSignal.timeout(modelCheckMs)]);
  const found = await deps.provider(provider, account)?.check(model, { signal });
  return [
    ...describeCheck(found, { provider, model, variable }),
    ...(await checkBucket(deps, provider, account, signal)),
  ];
}

async function checkBucket(
  { store, bucket, randomHex }: Pick<ActivityDeps, 'store' | 'bucket' | 'randomHex'>,
  provider: string,
  account: string,
  signal: AbortSignal,
): Promise<Finding[]> {
  const folder = bucket(provider, account);
  if (folder === null) return [];
  const describe = (uri: string, advice: string): Finding[] =>
    report('no_bucket', 'provider', `the setting \`bucket\` of ${provider}, account ${account}: ${uri}: ${advice}`);
  try {
    const verdict = await tryBucket(store, `${folder}checkups/${randomHex(8)}`, signal);
    return verdict === 'ok'
      ? []
      : describe(folder, 'it does not show a file that was written to it: use another bucket');
  } catch (error) {
    if (!(error instanceof StoreError) || error.problem === 'unavailable') throw error;
    return describe(error.uri, storeAdvice[error.problem]);
  }
}

function describeCheck(
  found: ModelCheck | undefined,
  { provider, model, variable }: Pick<JobSpec, 'provider' | 'model'> & { readonly variable: string },
): Finding[] {
  switch (found) {
    case 'unknown_model':
      return report('unknown_model', 'model', `${provider} does not know ${model}`);
    case 'bad_key':
      return report('no_api_key', 'provider', `${provider} refuses the worker's key: set a working ${variable}`);
    default:
      return [];
  }
}

function checkPrice(prices: Prices, spec: JobSpec): Finding[] {
  const { model } = spec;
  const cap = findCap(spec);
  if (cap === null || model === null || findPrice(model, prices) !== undefined) return [];
  const message = `no price is known for ${model}, so a budget cannot be enforced: give a price in NIGHTSHIFT_PRICES, or leave ${cap} out`;
  return report('invalid_job', cap, message);
}
