// Reads the job that a workflow was started with, inline or by reference, and validates all of it that needs no call to a provider.

import { jobIdBytesMax, specBytesMax } from '../../domain/limits.ts';
import { findPrice } from '../../domain/money/cost.ts';
import { JobRefused } from '../../domain/refusal.ts';
import type { SpecFacts } from '../../input/facts.ts';
import { jobReference } from '../../input/reference.ts';
import { parseJob } from '../../input/resolve.ts';
import type { Provider } from '../../providers/provider.ts';
import { readJson } from '../../storage/lines/json-lines.ts';
import { type Store, StoreError, storeAdvice } from '../../storage/store.ts';
import type { ActivityDeps } from '../deps.ts';

export interface OpenInput {
  readonly input: unknown;
  readonly workflowId: string;
  /** The first run of the workflow: a retried or reset job is the same job. */
  readonly firstRunId: string;
  readonly startedAt: number;
  /** The time that a schedule started the workflow for: a late or backfilled run counts as that time's. */
  readonly scheduledAt?: number | null;
  /** The folder in which an estimate is planned, instead of the job's own output. */
  readonly output?: string;
}

export interface ReadJob {
  readonly parsed: Exclude<ReturnType<typeof parseJob>, { kind: 'problems' }>;
  readonly facts: SpecFacts;
}

type ReadDeps = Pick<ActivityDeps, 'store' | 'provider' | 'providerNames' | 'accounts' | 'prices'>;

/** Fails with all problems together. */
export async function readJob(deps: ReadDeps, input: OpenInput): Promise<ReadJob> {
  const idBytes = Buffer.byteLength(input.workflowId);
  if (idBytes > jobIdBytesMax) {
    const message = `is ${idBytes} bytes; the id of a job has at most ${jobIdBytesMax}`;
    throw new JobRefused('invalid_job', [{ where: 'id', message }]);
  }
  const facts = gatherFacts(deps, input);
  const parsed = parseJob(await readAsWritten(deps.store, input.input), facts);
  if (parsed.kind === 'problems') throw new JobRefused('invalid_job', parsed.problems);
  return { parsed, facts };
}

function gatherFacts(deps: ReadDeps, { workflowId, startedAt, scheduledAt }: OpenInput): SpecFacts {
  const known = (name: string): Provider => {
    const provider = deps.provider(name);
    if (provider === undefined) {
      throw new JobRefused('unknown_provider', [{ where: 'provider', message: `there is no provider ${name}` }]);
    }
    return provider;
  };
  return {
    workflowId,
    at: scheduledAt ?? startedAt,
    providers: Object.fromEntries(
      deps.providerNames.map((name) => [name, { ...known(name), accounts: deps.accounts(name) }]),
    ),
    fixedFields: (name, account) => deps.provider(name, account)?.dialect.fixedFields ?? {},
    findProblems: (name, account, body, endpoint) =>
      (deps.provider(name, account) ?? known(name)).findProblems(body, endpoint),
    findModelProblem: (name, model, endpoint) => known(name).findModelProblem?.(model, endpoint) ?? null,
    findMissingLimit: (name, body, endpoint, model) => {
      const { tokens, field } = known(name).outputLimit(body, endpoint);
      const price = findPrice(model, deps.prices.models);
      return tokens === 'unlimited' && price !== undefined && price.maxOutputTokens === undefined ? field : null;
    },
    buildBody: (name, prompt, endpoint) => known(name).buildBody(prompt, endpoint ?? known(name).defaultEndpoint),
  };
}

/** The input itself, or the content of the file that it refers to. */
async function readAsWritten(store: Store, input: unknown): Promise<unknown> {
  const uri = jobReference(input);
  return uri === null ? input : readSpecFile(store, uri, 'job');
}

/** The JSON of a file that a person wrote. `where` names the field that refers to it. */
export async function readSpecFile(store: Store, uri: string, where: 'job' | 'queue'): Promise<unknown> {
  const refuse = (message: string): JobRefused =>
    new JobRefused('invalid_job', [{ where, message: `${uri}: ${message}` }]);
  try {
    const stored = await store.head(uri);
    if (stored === null) throw refuse('there is no such file');
    if (stored.bytes > specBytesMax) {
      throw refuse(`is ${stored.bytes} bytes; a ${where} file has at most ${specBytesMax}`);
    }
    return await readJson(store, uri);
  } catch (error) {
    if (!(error instanceof StoreError) || error.problem === 'unavailable') throw error;
    throw refuse(error.problem === 'unreadable' ? 'cannot be read as JSON' : storeAdvice[error.problem]);
  }
}
