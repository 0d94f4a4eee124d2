// Brings all batches up to the clock: admits validated ones, executes and bills what should have run by now, and
// closes those that have ended. Called before anything reads a batch, so states never depend on timers.

import { decideOutcome, hasItemFaults, hasLine, isBilled, outcomes } from '../answers/outcome.ts';
import { lacksUsage } from '../answers/usage.ts';
import { tokenProblem } from '../limits/batch-limits.ts';
import { type EndFact, packOutcomes } from '../state/facts.ts';
import { type Batch, batchMoment, itemCount } from './batch.ts';
import { isTerminal, type Moment } from './timeline.ts';
import { shownAtMs } from './visibility.ts';
import { newId, type Part, type World } from './world.ts';

export async function settle(world: World): Promise<void> {
  const nowMs = world.clock.now();
  world.settledAtMs = nowMs;
  // A skipped clock would otherwise show a batch as validating long after its time, just because the disk was slow.
  if (world.clock.manual) await Promise.all([...world.active].map(({ scanning }) => scanning));
  for (const batch of validatedBy(world, nowMs)) admit(world, batch);
  for (const batch of world.active) advance(world, batch, nowMs);
}

function validatedBy({ active }: World, nowMs: number): Batch[] {
  const atMs = ({ validatedAtMs }: Batch) => validatedAtMs ?? Number.POSITIVE_INFINITY;
  return [...active].filter((batch) => !batch.admitted && atMs(batch) <= nowMs).sort((a, b) => atMs(a) - atMs(b));
}

function admit(world: World, batch: Batch): void {
  const { fault, scan } = batch;
  batch.admitted = true;
  batch.problems = scan?.problems ?? [];
  if (fault.failWith !== undefined && fault.endAs !== 'failed') {
    batch.problems = [{ param: null, ...fault.failWith, line: fault.failWith.line ?? null }];
  } else if (batch.vendor === 'openai' && batch.problems.length === 0) {
    const problem = tokenProblem(world, batch);
    if (problem !== null) batch.problems = [problem];
  }
}

function advance(world: World, batch: Batch, nowMs: number): void {
  const moment = batchMoment(batch, world.options.current, nowMs);
  if (batch.problems.length === 0) execute(world, batch, Math.floor(moment.share * itemCount(batch) + 1e-9));
  if (isTerminal(moment.phase)) close(world, batch, moment);
}

function execute(world: World, batch: Batch, until: number): void {
  const { ledger } = world;
  const faulty = hasItemFaults(batch.options);
  for (let at = batch.executed; at < until; at++) {
    const outcome = executeItem(world, batch, at, faulty);
    batch.outcomes[at] = outcome;
    recordRun(ledger, batch, at, outcome);
  }
  batch.executed = Math.max(batch.executed, until);
}

export function recordRun(ledger: World['ledger'], batch: Batch, at: number, outcome: number): void {
  const index = batch.scan?.index;
  if (index === undefined) return;
  // The vendor counts the item, but it is lost: neither run nor billed, so running it again is not billed twice.
  if (outcome === outcomes.missing) {
    batch.succeeded += 1;
    return;
  }
  ledger.executed('batch');
  if (isBilled(outcome)) {
    batch.succeeded += 1;
    if (outcome === outcomes.dropped) batch.billedWithoutLine += 1;
    if (outcome === outcomes.withoutId || outcome === outcomes.garbled) batch.billedWithoutId += 1;
    ledger.billed('batch', index.bodyHash(at), index.idHash(at), () => index.customId(at));
    if (lacksUsage(index.bodyHash(at), 'batch', batch.options)) ledger.withoutUsage('batch');
  } else {
    batch.failed += 1;
  }
}

function executeItem(world: World, batch: Batch, at: number, faulty: boolean) {
  const index = batch.scan?.index;
  const { options, fault } = batch;
  if (index === undefined) return outcomes.notRun;
  const sentinel = index.sentinels.get(at) ?? null;
  const defect = index.defects.has(at);
  const allFailed = fault.allFailed === true || (batch.vendor === 'anthropic' && fault.endAs === 'failed');
  if (sentinel === null && !defect && !allFailed && !faulty) return outcomes.answered;
  const body = index.bodyHash(at);
  const id = index.idHash(at);
  const fate = { hi: id.hi ^ body.hi, lo: id.lo ^ body.lo };
  return decideOutcome({ lane: 'batch', body, fate, sentinel, defect, allFailed }, options, world.failures);
}

function close(world: World, batch: Batch, moment: Moment): void {
  const { phase } = moment;
  if (phase === 'failed' && batch.problems.length === 0) batch.problems = [lateFailure(batch)];
  const { vendor } = batch;
  const openai = vendor === 'openai';
  const unrun = phase === 'completed' || phase === 'failed' ? 0 : itemCount(batch) - batch.executed;
  const emptyErrors = phase !== 'failed' && batch.fault.zeroByteErrorFile === true;
  const hasOutput = openai && batch.outcomes.some(hasLine);
  const hasErrors = openai && (batch.failed + unrun > 0 || emptyErrors);
  const geminiOutput = vendor === 'gemini' ? nameGeminiOutput(batch, phase) : null;
  const end: BatchEnd = {
    final: moment,
    problems: batch.problems,
    outputFileId: hasOutput ? newId(world, 'file-') : geminiOutput,
    errorFileId: hasErrors ? newId(world, 'file-') : null,
  };
  const { id, executed } = batch;
  world.facts.record({ kind: 'ended', id, executed, outcomes: packOutcomes(batch.outcomes), ...end });
  finishBatch(world, batch, end);
  world.onEnd(batch);
}

/** One file for answers and errors. There is none if the batch expired or failed, or if the batch object holds the answers. */
function nameGeminiOutput({ id, executed, inputFileId }: Batch, phase: Moment['phase']): string | null {
  const hasFile = inputFileId !== '' && executed > 0 && (phase === 'completed' || phase === 'cancelled');
  return hasFile ? `batch-${id}` : null;
}

type BatchEnd = Omit<EndFact, 'kind' | 'id' | 'executed' | 'outcomes'>;

/** Makes its end known, with the files that it leaves. */
export function finishBatch(
  world: World,
  batch: Batch,
  { final, problems, outputFileId, errorFileId }: BatchEnd,
): void {
  Object.assign(batch, { final, problems, outputFileId, errorFileId });
  world.active.delete(batch);
  if (outputFileId !== null) storeResult(world, batch, 'output', outputFileId, final);
  if (errorFileId !== null) storeResult(world, batch, 'error', errorFileId, final);
}

/** The first request counts. */
export function requestCancel(world: World, batch: Batch): void {
  if (batch.cancelRequestedAtMs !== null) return;
  batch.cancelRequestedAtMs = world.settledAtMs;
  world.facts.record({ kind: 'cancel', id: batch.id, atMs: batch.cancelRequestedAtMs });
}

function lateFailure({ fault }: Batch) {
  const generic = { code: 'server_error', message: 'The batch failed while processing.' };
  return { param: null, ...(fault.failWith ?? generic), line: fault.failWith?.line ?? null };
}

function storeResult(world: World, batch: Batch, part: Part, id: string, moment: Moment): void {
  const createdAtMs = shownAtMs(batch, part, moment);
  const source = { kind: 'result', batch, part } as const;
  const rest = {
    purpose: 'batch_output',
    bytes: null,
    createdAtMs,
    expiresAtMs: createdAtMs + batch.resultsTtlMs,
    source,
  };
  world.files.set(id, {
    id,
    tenant: batch.tenant,
    filename: `${batch.id}_${part}.jsonl`,
    ...rest,
    scans: new Map(),
    createsRefused: 0,
  });
}
