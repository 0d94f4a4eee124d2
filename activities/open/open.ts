// The first activity of every job: validates everything at once, claims the output, and resolves what a running job goes by.

import { cancellationSignal } from '@temporalio/activity';
import type { JobFile, JobSettings, JobSpec, WaveKind } from '../../domain/job.ts';
import { batchesPerSegment, specBytesMax } from '../../domain/limits.ts';
import { findPrice } from '../../domain/money/cost.ts';
import { defaultVerdicts } from '../../domain/outcome/verdict.ts';
import { JobRefused, type Problem, type RefusalKind } from '../../domain/refusal.ts';
import type { SpecFacts } from '../../input/facts.ts';
import { jobReference } from '../../input/read.ts';
import { parseJob } from '../../input/resolve.ts';
import { takeOver } from '../../input/resume.ts';
import { readSummary } from '../../job-folder/manifest.ts';
import { readOwn } from '../../job-folder/own-file.ts';
import { jobFile } from '../../job-folder/paths.ts';
import type { Provider } from '../../providers/provider.ts';
import { computeFingerprint } from '../../storage/formats/dataset.ts';
import { readJson, writeJson } from '../../storage/lines/json-lines.ts';
import { StoreError } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';
import { isOurs, newClaim, resume } from './take-over.ts';

export interface OpenInput {
  readonly input: unknown;
  readonly workflowId: string;
  /** The first run of the workflow: a retried or reset job is the same job. */
  readonly firstRunId: string;
  readonly startedAt: number;
  /** What a schedule started the workflow for; a late or backfilled run is for that time. */
  readonly scheduledAt?: number | null;
  /** Where an estimate is planned instead of where the job would write. */
  readonly output?: string;
}

export async function open(deps: ActivityDeps, input: OpenInput): Promise<JobSettings> {
  const { parsed, facts } = await readJob(deps, input);
  const searchAttributes = await deps.cluster.registeredSearchAttributes();
  if (parsed.kind === 'resume') {
    if (input.output !== undefined) {
      const message = 'its plan is made already: there is nothing to estimate';
      throw new JobRefused('invalid_job', [{ where: 'resumeFrom', message }]);
    }
    const job = await resume(deps, input, parsed.from, (old) => takeOver(old, parsed.changes, parsed.same, facts));
    return toSettings(job, input.startedAt, searchAttributes, await plannedWaves(deps, job.spec.output));
  }
  await checkWorld(deps, parsed.spec);
  const spec = input.output === undefined ? parsed.spec : { ...parsed.spec, output: input.output };
  const job = await claim(deps, input, spec);
  return toSettings(job, input.startedAt, searchAttributes, await plannedWaves(deps, spec.output));
}

/** What `open` refuses, without claiming anything. */
export async function validate(deps: ActivityDeps, input: OpenInput): Promise<void> {
  const { parsed } = await readJob(deps, input);
  if (parsed.kind === 'job') await checkWorld(deps, parsed.spec);
}

async function readJob(deps: ActivityDeps, input: OpenInput) {
  const facts = gatherFacts(deps, input);
  const parsed = parseJob(await jobAsWritten(deps, input.input), facts);
  if (parsed.kind === 'problems') throw new JobRefused('invalid_job', parsed.problems);
  return { parsed, facts };
}

/** The input itself, or what lies where it points. */
async function jobAsWritten(deps: ActivityDeps, input: unknown): Promise<unknown> {
  const uri = jobReference(input);
  if (uri === null) return input;
  const refuse = (message: string): JobRefused =>
    new JobRefused('invalid_job', [{ where: 'job', message: `${uri}: ${message}` }]);
  try {
    const stored = await deps.store.head(uri);
    if (stored === null) throw refuse('there is no such file below the data root');
    if (stored.bytes > specBytesMax) throw refuse(`is ${stored.bytes} bytes; a job file has at most ${specBytesMax}`);
    return await readJson(deps.store, uri);
  } catch (error) {
    if (error instanceof StoreError) {
      throw refuse(error.problem === 'unreadable' ? 'cannot be read as JSON' : 'is no file below the data root');
    }
    throw error;
  }
}

function gatherFacts(deps: ActivityDeps, { workflowId, startedAt, scheduledAt }: OpenInput): SpecFacts {
  const known = (name: string): Provider => {
    const provider = deps.provider(name);
    if (provider === undefined) {
      throw new JobRefused('unknown_provider', [{ where: 'provider', message: `${name} is not known` }]);
    }
    return provider;
  };
  return {
    workflowId,
    at: scheduledAt ?? startedAt,
    providers: Object.fromEntries(deps.providerNames.map((name) => [name, known(name)])),
    findProblems: (name, body, endpoint) => known(name).findProblems(body, endpoint),
    buildBody: (name, prompt, endpoint) => known(name).buildBody(prompt, endpoint ?? known(name).defaultEndpoint),
  };
}

/** What only the world knows: files, keys, models, prices. All of it is looked at before anything is refused. */
async function checkWorld(deps: ActivityDeps, spec: JobSpec): Promise<void> {
  const found: [RefusalKind, Problem][] = [];
  await checkFile(deps, spec.dataset.uri, 'dataset', found);
  if (spec.reuse !== null) await checkFile(deps, spec.reuse, 'reuse', found);
  await checkProvider(deps, spec, found);
  if (spec.budgetUsd !== null && spec.model !== null && findPrice(spec.model, deps.prices.models) === undefined) {
    const message = `no price is known for ${spec.model}, so no budget can hold: give one in NIGHTSHIFT_PRICES, or leave budget out`;
    found.push(['invalid_job', { where: 'budget', message }]);
  }
  const [first] = found;
  if (first !== undefined) {
    throw new JobRefused(
      first[0],
      found.map(([, problem]) => problem),
    );
  }
}

async function checkFile(
  deps: ActivityDeps,
  uri: string,
  where: 'dataset' | 'reuse',
  found: [RefusalKind, Problem][],
): Promise<void> {
  try {
    const stored = await deps.store.head(uri, cancellationSignal());
    if (stored === null) {
      found.push(['dataset_missing', { where, message: `there is no file ${uri} below the data root` }]);
    } else if (stored.bytes === 0) {
      found.push(['dataset_empty', { where, message: `${uri} is empty` }]);
    } else {
      await firstByte(deps, uri);
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const why =
      error.problem === 'unreadable' ? 'cannot be read: check its permissions' : 'is no file below the data root';
    found.push(['dataset_unreadable', { where, message: `${uri} ${why}` }]);
  }
}

async function firstByte(deps: ActivityDeps, uri: string): Promise<void> {
  for await (const _chunk of deps.store.read(uri, { signal: cancellationSignal() })) return;
}

async function checkProvider(deps: ActivityDeps, spec: JobSpec, found: [RefusalKind, Problem][]): Promise<void> {
  const { present, variable } = deps.credentials(spec.provider);
  if (!present) {
    found.push([
      'no_api_key',
      { where: 'provider', message: `the worker has no key for ${spec.provider}: set ${variable} and start it again` },
    ]);
    return;
  }
  if (spec.model === null) return;
  const signal = AbortSignal.any([cancellationSignal(), AbortSignal.timeout(30_000)]);
  const verdict = await deps.provider(spec.provider)?.check(spec.model, { signal });
  if (verdict === 'unknown_model') {
    found.push(['unknown_model', { where: 'model', message: `${spec.provider} does not know ${spec.model}` }]);
  }
  if (verdict === 'bad_key') {
    found.push([
      'no_api_key',
      { where: 'provider', message: `${spec.provider} refuses the worker's key: set a working ${variable}` },
    ]);
  }
}

/** Creates `job.json` only if there is none: two runs never share an output. */
async function claim(deps: ActivityDeps, input: OpenInput, spec: JobSpec): Promise<JobFile> {
  const uri = jobFile(spec.output);
  const job: JobFile = {
    version: 1,
    claim: newClaim(deps, input, deps.randomHex(16)),
    takenOver: [],
    spec,
    policy: defaultVerdicts,
    prices: pricesFor(deps, spec),
    pricesDated: deps.prices.dated,
    timing: { ...deps.timing, providerWindowMs: deps.provider(spec.provider)?.limits.windowMs ?? 0 },
    fingerprint: await computeFingerprint(deps.store, spec.dataset.uri),
  };
  try {
    await writeJson(deps.store, uri, job, { ifAbsent: true });
    return job;
  } catch (error) {
    if (!(error instanceof StoreError) || error.problem !== 'exists') throw error;
  }
  const there = await readOwn<JobFile>(deps.store, uri);
  if (isOurs(there.claim, input)) return there;
  const message = `${spec.output} was written by ${there.claim.workflowId} (${there.claim.claimedAt}): give another \`output\`, carry its answers over with \`reuse\`, or go on with it by \`resumeFrom\``;
  throw new JobRefused('output_claimed', [{ where: 'output', message }]);
}

/** In an earlier life of the job. */
async function plannedWaves({ store }: ActivityDeps, output: string): Promise<WaveKind[]> {
  const planned: WaveKind[] = [];
  for (;;) {
    const summary = await readSummary(store, output, planned.length + 1);
    if (summary === null) return planned;
    planned.push(summary.kind ?? 'first');
  }
}

/** A job with one model needs one price; ready-made lines may name any. */
function pricesFor(deps: ActivityDeps, spec: JobSpec): JobFile['prices'] {
  if (spec.model === null) return deps.prices.models;
  const price = findPrice(spec.model, deps.prices.models);
  return price === undefined ? {} : { [spec.model]: price };
}

function toSettings(
  { spec, policy, timing }: JobFile,
  startedAt: number,
  searchAttributes: readonly string[],
  planned: readonly WaveKind[],
): JobSettings {
  return {
    output: spec.output,
    provider: spec.provider,
    model: spec.model,
    dataset: spec.dataset.uri,
    startedAt,
    mode: spec.mode,
    concurrency: spec.batch.concurrency,
    poll: spec.poll,
    retry: spec.retry,
    deadline: spec.deadline,
    fallback: spec.fallback,
    budgetUsd: spec.budgetUsd,
    policy,
    timing,
    keepProviderFiles: spec.keep.providerFiles,
    batchesPerSegment,
    planned,
    searchAttributes,
  };
}
