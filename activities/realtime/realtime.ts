// The realtime lane: asks for some items of a batch one by one, each answer durable before its place is used again.

import { cancellationSignal, heartbeat } from '@temporalio/activity';
import { type Fault, faultDelayMs, reactionTo } from '../../domain/batch/backoff.ts';
import type { BatchRef } from '../../domain/ids.ts';
import type { JobSpec } from '../../domain/job.ts';
import { realtimeAttemptsMax, rowBytesMax } from '../../domain/limits.ts';
import { estimatedTokens } from '../../domain/money/cost.ts';
import type { ItemLine } from '../../domain/outcome/outcome.ts';
import {
  afterAnswer,
  afterRefusal,
  type Pace,
  type Spent,
  startingPace,
  waitForRoomMs,
  withoutOld,
} from '../../domain/waves/pace.ts';
import { readJobFile } from '../../job-folder/job-file.ts';
import { noteLine, parseNote } from '../../job-folder/journal-notes.ts';
import { itemsFile, rawFile, requestsFile, tallyFile } from '../../job-folder/paths.ts';
import { ProviderError } from '../../providers/error.ts';
import type { Provider } from '../../providers/provider.ts';
import { lineCursor } from '../../storage/lines/json-lines.ts';
import type { Journal } from '../../storage/store.ts';
import { type ActivityDeps, requireProvider } from '../deps.ts';
import { awaitEarlierOwners } from '../earlier-owners.ts';
import { countFault } from '../metrics.ts';

export interface RealtimeInput extends BatchRef {
  /** The items meant, by their place in the batch from 0. */
  readonly from: number;
  readonly count: number;
}

export interface RealtimeResult {
  readonly asked: number;
  /** Answered by an earlier life of this activity. */
  readonly kept: number;
}

interface Call {
  readonly customId: string;
  readonly line: Buffer;
}

/** One call may take this long: reasoning models answer slowly. */
const callTimeoutMs = 10 * 60_000;
/** How often a waiting call looks whether it may start. */
const turnMs = 20;

export async function realtime(deps: ActivityDeps, input: RealtimeInput): Promise<RealtimeResult> {
  const job = await readJobFile(deps.store, input.output);
  await awaitEarlierOwners(deps, job, input);
  // A batch that was started again after its answers were counted.
  if ((await deps.store.head(tallyFile(input))) !== null) return { asked: 0, kept: input.count };
  const provider = requireProvider(deps, job);
  const journal = await deps.store.journal(rawFile(input));
  const beat = setInterval(() => heartbeat(), job.timing.heartbeatMs / 3);
  try {
    const settled = await settledIn(journal, provider);
    const lane = new RealtimeLane(deps, provider, journal, job.spec.realtime);
    let kept = 0;
    let asked = 0;
    for await (const call of listCalls(deps, input)) {
      if (settled.has(call.customId)) {
        kept += 1;
        continue;
      }
      asked += 1;
      await lane.start(call);
    }
    await lane.finished();
    return { asked, kept };
  } finally {
    clearInterval(beat);
    await journal.close();
  }
}

/** Items that were answered, or given up until the next round. */
async function settledIn(journal: Journal, provider: Provider): Promise<ReadonlySet<string>> {
  const settled = new Set<string>();
  for await (const line of journal.lines()) {
    const note = parseNote(line);
    const outcome = note === null ? provider.decode(line, provider.defaultEndpoint) : null;
    if (note?.kind === 'gaveUp') {
      settled.add(note.customId);
    } else if (outcome !== null && outcome.kind !== 'unreadable') {
      settled.add(outcome.customId);
    }
  }
  return settled;
}

/** Request lines and their ids, of the part of the batch that is meant. */
async function* listCalls(deps: ActivityDeps, input: RealtimeInput): AsyncGenerator<Call> {
  const options = { lineBytesMax: 2 * rowBytesMax };
  const items = lineCursor(deps.store.read(itemsFile(input)), options);
  const requests = lineCursor(deps.store.read(requestsFile(input)), options);
  try {
    for (let index = 0; index < input.from + input.count; index += 1) {
      const item = await items.next();
      const request = await requests.next();
      if (item?.bytes == null || request?.bytes == null) return;
      if (index < input.from) continue;
      // Written by the planner.
      const { customId } = JSON.parse(item.bytes.toString()) as ItemLine;
      yield { customId, line: Buffer.from(request.bytes) };
    }
  } finally {
    await items.close();
    await requests.close();
  }
}

class RealtimeLane {
  readonly #deps: ActivityDeps;
  readonly #provider: Provider;
  readonly #journal: Journal;
  readonly #limits: JobSpec['realtime'];
  readonly #running = new Set<Promise<void>>();
  #pace: Pace;
  #spent: readonly Spent[] = [];
  #failure: unknown = null;

  constructor(deps: ActivityDeps, provider: Provider, journal: Journal, limits: JobSpec['realtime']) {
    this.#deps = deps;
    this.#provider = provider;
    this.#journal = journal;
    this.#limits = limits;
    this.#pace = startingPace(limits.concurrency);
  }

  async start(call: Call): Promise<void> {
    while (this.#running.size >= this.#pace.limit && this.#failure === null) await Promise.race(this.#running);
    if (this.#failure !== null) return this.finished();
    const run = this.#ask(call)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  /** Waits for what is under way, then says what went wrong, if anything did. */
  async finished(): Promise<void> {
    await Promise.all(this.#running);
    if (this.#failure !== null) throw this.#failure;
  }

  async #ask(call: Call): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      await this.#turn(estimatedTokens(call.line.length));
      await this.#journal.note(noteLine({ kind: 'sent', customId: call.customId }));
      try {
        const line = await this.#provider.call(call.line, { signal: this.#callSignal() });
        await this.#journal.append(line);
        this.#pace = afterAnswer(this.#pace, this.#limits.concurrency);
        return;
      } catch (error) {
        const again = await this.#afterFailure(call, attempt, error);
        if (!again) return;
      }
    }
  }

  #callSignal(): AbortSignal {
    return AbortSignal.any([cancellationSignal(), AbortSignal.timeout(callTimeoutMs)]);
  }

  /** Whether to ask again. What is given up is journalled by its kind of fault, for the next wave; trouble ends the activity. */
  async #afterFailure(call: Call, attempt: number, error: unknown): Promise<boolean> {
    if (!(error instanceof ProviderError) || cancellationSignal().aborted) throw error;
    const { fault, retryAfterMs, ambiguous } = error.facts;
    countFault(error.provider, fault);
    if (!ambiguous) await this.#journal.note(noteLine({ kind: 'heard', customId: call.customId }));
    if (reactionTo[fault].kind === 'trouble') throw error;
    const slow = fault === 'rate_limited' || fault === 'overloaded' || fault === 'capacity';
    if (slow) this.#pace = afterRefusal(this.#pace, this.#deps.now(), realtimeWaitMs(fault, attempt, retryAfterMs));
    if (attempt < realtimeAttemptsMax && reactionTo[fault].kind !== 'final') {
      if (!slow) await pause(realtimeWaitMs(fault, attempt, retryAfterMs));
      return true;
    }
    await this.#journal.append(noteLine({ kind: 'gaveUp', customId: call.customId, fault }));
    return false;
  }

  /** Waits until the pace and the limits per minute let one more call start. */
  async #turn(tokens: number): Promise<void> {
    for (;;) {
      cancellationSignal().throwIfAborted();
      const now = this.#deps.now();
      this.#spent = withoutOld(this.#spent, now);
      const { rpm, tpm } = this.#limits;
      const wait = Math.max(this.#pace.notBefore - now, waitForRoomMs(this.#spent, tokens, now, rpm, tpm));
      if (wait <= 0) break;
      await pause(Math.min(Math.max(wait, turnMs), 1000));
    }
    if (this.#limits.rpm !== null || this.#limits.tpm !== null) {
      this.#spent = [...this.#spent, { at: this.#deps.now(), tokens }];
    }
  }
}

/** In the realtime lane a call waits for seconds where a batch would wait for minutes, unless the provider asks for more. */
function realtimeWaitMs(fault: Fault, attempt: number, retryAfterMs: number | null): number {
  return retryAfterMs ?? Math.min(20_000, faultDelayMs(fault, attempt, null) / 30);
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    const signal = cancellationSignal();
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
