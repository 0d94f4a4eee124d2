// The realtime lane's activity: asks for some items of a batch one by one, except those that an earlier attempt has settled.

import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { Allowance } from '../../domain/capacity/allowance.ts';
import type { JobFile, PlannedBatch } from '../../domain/job.ts';
import type { Estimate } from '../../domain/plan/batch-estimate.ts';
import { readJobFile } from '../../job-folder/job-file.ts';
import { beginJournal, type EarlierJournal, noteLine } from '../../job-folder/journals.ts';
import { journalFile, tallyFile } from '../../job-folder/paths.ts';
import type { Store } from '../../storage/store.ts';
import { type Clock, startClock } from '../clock.ts';
import { type ActivityDeps, requireProvider } from '../deps.ts';
import { requireAdmission } from '../dispatch/admission.ts';
import { awaitEarlierOwners } from '../earlier-owners.ts';
import { type Call, type CallRange, listCalls } from './calls.ts';
import { readEarlierAttempts } from './earlier-attempts.ts';
import { RealtimeLane } from './lane.ts';
import { startLaneBeat } from './lane-beat.ts';
import type { LaneEnd } from './lane-end.ts';
import { quietMs, watchLaterAttempt } from './later-attempt.ts';
import { LaneLedger } from './ledger.ts';
import { createMeter } from './meter.ts';
import { type RateSource, SharedRate } from './shared-rate.ts';
import { type SkippedJournals, writeChunk } from './write-chunk.ts';

/** What one chunk of a batch passes to the next. */
export interface LaneState {
  readonly allowance: Allowance;
  /** The money that the batch has spent. */
  readonly spentUsd: number;
  /** The state includes calls in the batch's journals up to this number. */
  readonly journals: number;
}

export interface RealtimeInput
  extends CallRange,
    Pick<PlannedBatch, 'model' | 'endpoint'>,
    Pick<Estimate, 'tokenFactor'> {
  readonly lane: LaneState;
  /** The most that the batch may spend; null if there is no cap. */
  readonly grantUsd: number | null;
  /** The job or segment as which the lane shares a rate. Absent if the job does not ask the dispatcher. */
  readonly holder?: string;
  /** The chain of runs of that workflow. */
  readonly chain?: string;
  /** The lane has waited for its part of the rate: only wait until a call of so many tokens may begin. */
  readonly awaitedTokens?: number;
  /** The largest call for which the job has declared that it needs tokens of its own. */
  readonly declaredTokens?: number;
  /** Readers get the chunk's answers when it ends. Absent: they come with the batch. */
  readonly telling?: { readonly skipped: SkippedJournals | null };
  /** How many times the provider was not reached. If any, a single call is tried before all others. */
  readonly probe: number;
}

export interface RealtimeResult {
  /** The number of taken items that no earlier attempt had settled. */
  readonly asked: number;
  readonly end: LaneEnd;
  readonly lane: LaneState;
  /** So many of the batch's items have answers that can be read. Absent if only the batch's end shows them. */
  readonly answersTo?: number;
  /** When the chunk ended, by the clock of the times in `lane`. */
  readonly at: number;
}

export async function realtime(deps: ActivityDeps, input: RealtimeInput): Promise<RealtimeResult> {
  const clock = startClock(deps);
  const job = await readJobFile(deps.store, input);
  await awaitEarlierOwners(deps, job, input);
  // The batch was started again after its answers were counted.
  if ((await deps.store.head(tallyFile(input))) !== null) {
    return { asked: 0, end: { kind: 'done' }, lane: input.lane, at: clock.now() };
  }
  const beat = startLaneBeat(activityInfo().heartbeatTimeoutMs ?? job.timing.heartbeatMs);
  const stop = AbortSignal.any([cancellationSignal(), beat.stoodStill]);
  try {
    const asked = await askAll(deps, input, job, { clock, stop });
    return await tell(deps, input, job, { ...asked, stop });
  } finally {
    beat.end();
  }
}

/** The end of a chunk that was stopped meanwhile comes again: it is asked for once more, and has nothing left to ask. */
async function tell(
  deps: ActivityDeps,
  input: RealtimeInput,
  job: JobFile,
  { result, journals, stop }: Asked & { readonly stop: AbortSignal },
): Promise<RealtimeResult> {
  if (result.end.kind !== 'done' || input.telling === undefined) return result;
  try {
    const isWritten = await writeChunk(deps, job, { ...input, ...input.telling, journals }, stop);
    return isWritten ? { ...result, answersTo: input.from + input.count } : result;
  } catch (error) {
    if (stop.aborted) return { ...result, end: { kind: 'stopped' } };
    throw error;
  }
}

interface Asked {
  readonly result: RealtimeResult;
  /** Those that may have lines of its calls. */
  readonly journals: readonly EarlierJournal[];
}

async function askAll(
  deps: ActivityDeps,
  input: RealtimeInput,
  job: JobFile,
  { clock, stop }: { readonly clock: Clock; readonly stop: AbortSignal },
): Promise<Asked> {
  const { store, wait } = deps;
  const provider = requireProvider(deps, job);
  const meter = createMeter(provider, job, input);
  const rate = new SharedRate(job.spec.realtime, createRateSource(deps, input));
  if (input.awaitedTokens !== undefined) {
    const end = await awaitRate(deps, rate, input.awaitedTokens, stop);
    return { result: { asked: 0, end, lane: input.lane, at: clock.now() }, journals: [] };
  }
  const ledger = new LaneLedger(rate, input.lane.allowance, input.grantUsd, input.lane.spentUsd);
  const { journal, number, earlier } = await beginJournal(store, input);
  try {
    // One that has not reported how it ended may still call.
    if (earlier.some((its) => its.number > input.lane.journals)) await pass(quietMs, clock, wait, stop);
    const attempts = { store, journals: earlier, counted: input.lane.journals };
    const settled = await readEarlierAttempts(attempts, ledger, meter);
    ledger.begin(clock.startedAt);
    await journal.note(noteLine({ kind: 'began', at: clock.startedAt }));
    const later = watchLaterAttempt(store, input, number, deps);
    const parts = { provider, target: input, journal, ledger, rate, later, meter, clock, wait, stop };
    const lane = new RealtimeLane(parts);
    const end = input.probe === 0 ? null : await probe(store, input, lane, settled);
    const finalEnd = end ?? (await runLane(store, input, lane, settled));
    const { allowance, spentUsd } = ledger;
    const state = { allowance, spentUsd, journals: number };
    const result = { asked: lane.asked, end: finalEnd, lane: state, at: clock.now() };
    return { result, journals: [...earlier, { uri: journalFile(input, number), number }] };
  } finally {
    await journal.close();
  }
}

function createRateSource(
  deps: ActivityDeps,
  { holder, chain, model, declaredTokens = 0 }: RealtimeInput,
): RateSource | null {
  if (holder === undefined) return null;
  const { dispatcher } = requireAdmission(deps);
  const asked = { holder, ...(chain === undefined ? {} : { chain }), model };
  return { ask: () => dispatcher.readRate(asked), elapsed: deps.elapsed, now: deps.now, declaredTokens };
}

const pieceMs = 500;

/** Needs no journal, so a lane may wait for days. */
async function awaitRate(
  { wait }: ActivityDeps,
  rate: SharedRate,
  tokens: number,
  stop: AbortSignal,
): Promise<LaneEnd> {
  for (;;) {
    const end = rate.check(tokens);
    if (stop.aborted) return { kind: 'stopped' };
    if (end === null) return { kind: 'reached' };
    if (end !== 'wait') return end;
    await wait(pieceMs, stop);
  }
}

async function pass(ms: number, clock: Clock, wait: ActivityDeps['wait'], stop: AbortSignal): Promise<void> {
  for (const until = clock.now() + ms; clock.now() < until && !stop.aborted; ) await wait(pieceMs, stop);
}

async function runLane(
  store: Store,
  input: RealtimeInput,
  lane: RealtimeLane,
  settled: ReadonlySet<string>,
): Promise<LaneEnd> {
  const open = listOpen(store, input, settled);
  try {
    return await lane.run(open);
  } finally {
    await open.return();
  }
}

/** Each probe takes another item. Null if none is left. */
async function probe(
  store: Store,
  input: RealtimeInput,
  lane: RealtimeLane,
  settled: ReadonlySet<string>,
): Promise<LaneEnd | null> {
  let left = 0;
  for await (const _ of listOpen(store, input, settled)) left += 1;
  let place = left === 0 ? 0 : input.probe % left;
  for await (const call of listOpen(store, input, settled)) {
    if (place === 0) return lane.probe(call, input.probe, left);
    place -= 1;
  }
  return null;
}

async function* listOpen(
  store: Store,
  range: CallRange,
  settled: ReadonlySet<string>,
): AsyncGenerator<Call, void, void> {
  for await (const call of listCalls(store, range)) if (!settled.has(call.customId)) yield call;
}
