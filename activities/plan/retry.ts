// Plans a later wave: gathers the items that need another attempt from the answers of earlier waves, under new wire ids.

import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { JobRef } from '../../domain/ids.ts';
import type { JobFile, PlanSummary } from '../../domain/job.ts';
import { isPending } from '../../domain/maybe-promise.ts';
import type { OutputLimit } from '../../domain/money/output-limit.ts';
import type { RealtimeCause } from '../../domain/plan/split.ts';
import type { Wave } from '../../domain/waves/waves.ts';
import { type Attempt, openRows, type RowAttempts } from '../../job-folder/answers.ts';
import { readJobFile } from '../../job-folder/job-file.ts';
import { type ManifestEntry, readSummary } from '../../job-folder/plan/manifest.ts';
import { countOutput, readLineLimit, readTemplateLimit } from '../../threads/tasks/output-tokens.ts';
import { type ActivityDeps, requireProvider } from '../deps.ts';
import { heartbeating } from '../heartbeat.ts';
import { type LaterItemParts, makeLaterItem } from './later-item.ts';
import { WavePlanner } from './wave-planner.ts';

export interface PlanWaveInput
  extends JobRef,
    Pick<Wave, 'kind' | 'sources' | 'batchReasons' | 'realtimeReasons' | 'rejectedReasons' | 'cutBytes'> {
  readonly wave: number;
}

/** Rows between two heartbeats. */
const beatEvery = 5000;

/** A pure function of immutable files: a second planner writes the same bytes. */
export async function planWave(deps: ActivityDeps, input: PlanWaveInput): Promise<PlanSummary> {
  const job = await readJobFile(deps.store, input);
  const there = await readSummary(deps.store, input.output, input.wave);
  if (there !== null) return there;
  return heartbeating(job.timing, () => deps.heavy(() => gather(deps, job, input)));
}

async function gather(deps: ActivityDeps, job: JobFile, input: PlanWaveInput): Promise<PlanSummary> {
  const provider = requireProvider(deps, job);
  const planner = new WavePlanner({ ...input, store: deps.store, provider, job, signal: cancellationSignal() });
  const limit = readTemplateLimit(job, provider);
  const first = await readSummary(deps.store, input.output, 1);
  const cursor = await openRows(deps.store, input.output, input.sources);
  let rows = 0;
  try {
    for (let next = cursor.next(); ; next = cursor.next()) {
      const attempts = isPending(next) ? await next : next;
      if (attempts === null) break;
      rows += 1;
      if (rows % beatEvery === 0) heartbeat(rows);
      const chosen = chooseItem(attempts, input, job, (line, { model, endpoint }) =>
        countOutput(job, isFixed(limit) ? limit : readLineLimit(provider, line, endpoint), model),
      );
      const added = chosen === null ? null : planner.add(makeLaterItem(chosen, provider, job));
      if (isPending(added)) await added;
    }
    return await planner.finish(first?.tokenRatios);
  } catch (error) {
    await planner.abort();
    throw error;
  } finally {
    await cursor.close();
  }
}

/** In a job that runs in realtime only, nothing falls back. What the route sent through the realtime lane goes there again. */
function findCause(
  fallsBack: boolean,
  { routed }: Pick<ManifestEntry, 'routed'>,
  { spec }: Pick<JobFile, 'spec'>,
): RealtimeCause | null {
  if (spec.mode === 'realtime') return null;
  if (fallsBack) return 'fallback';
  return routed === true ? 'routed' : null;
}

/** False if each row names its own limit. */
const isFixed = (limit: OutputLimit | null): limit is OutputLimit => limit !== null && limit.tokens !== 'unread';

type CountItemOutput = (line: Buffer, entry: Pick<LaterItemParts, 'model' | 'endpoint'>) => number | null;

/** Null if the row's item needs no further attempt. */
function chooseItem(
  attempts: RowAttempts,
  input: PlanWaveInput,
  job: JobFile,
  countItemOutput: CountItemOutput,
): LaterItemParts | null {
  const last: Attempt = attempts.at(-1) ?? attempts[0];
  const { answer, entry, request } = last;
  if (answer === null || entry === null || request === null || answer.reason === undefined) return null;
  const asked =
    answer.kind === 'retryable' || (answer.kind === 'rejected' && input.rejectedReasons.includes(answer.reason));
  const realtime = input.realtimeReasons.includes(answer.reason);
  if (!asked || !(realtime || input.batchReasons.includes(answer.reason))) return null;
  const flawedAttempts = (answer.flawedAttempts ?? 0) + (job.policy[answer.reason] === 'once' ? 1 : 0);
  return {
    row: answer.row,
    id: answer.id,
    key: answer.key,
    model: entry.model,
    endpoint: entry.endpoint,
    line: request,
    outputTokens: countItemOutput(request, entry),
    realtimeCause: findCause(realtime, entry, job),
    ...(flawedAttempts === 0 ? {} : { flawedAttempts }),
  };
}
