// The realtime activity with a fake provider and a fake clock, run as its workflow runs it: again and again, each time with what the last
// attempt handed on, until nothing is left to ask.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MockActivityEnvironment } from '@temporalio/testing';
import { type ClassifyResult, classify } from '../../../activities/collect/classify.ts';
import type { ClassifyInput } from '../../../activities/collect/classify-input.ts';
import type { ActivityDeps } from '../../../activities/deps.ts';
import type { WithoutRate } from '../../../activities/realtime/lane-end.ts';
import { type RealtimeInput, type RealtimeResult, realtime } from '../../../activities/realtime/realtime.ts';
import type { Fault } from '../../../domain/batch/backoff.ts';
import { probeDelayMs } from '../../../domain/capacity/outage.ts';
import type { ItemLine, Tally } from '../../../domain/outcome/outcome.ts';
import { ProviderError, type ProviderErrorFacts } from '../../../providers/error.ts';
import { type Folder, folderWith, jobRef, output, quietEnvironment, type SpecChange } from '../plan/planning.ts';
import { answerLine, findPlanned, freshLane, provider, realtimeBatch, wholeDeps } from '../whole-job.ts';

const ref = { ...jobRef, wave: 1, batch: 1 };

export const failCall = (fault: Fault, facts: Partial<ProviderErrorFacts> = {}): ProviderError =>
  new ProviderError('openai', {
    fault,
    status: null,
    code: null,
    requestId: null,
    retryAfterMs: null,
    ambiguous: false,
    ...facts,
  });

export interface SiteCall {
  readonly customId: string;
  readonly row: number;
  /** The item's how manieth call it is, from 1. */
  readonly nth: number;
  /** When it began, by the fake clock. */
  readonly at: number;
}

type LaneInput = Pick<RealtimeInput, 'lane' | 'probe' | 'grantUsd' | 'model' | 'endpoint'> &
  Partial<Pick<RealtimeInput, 'holder' | 'chain' | 'awaitedTokens' | 'declaredTokens'>>;

type Reply = string | ProviderError | Promise<string>;

export class LaneSite {
  readonly folder: Folder;
  readonly calls: SiteCall[] = [];
  /** Calls at the same time, at most. */
  most = 0;
  /** The provider's time, which every worker's clock goes with. */
  nowMs = 1_000_000;
  /** What was waited for between two attempts, as a workflow waits. */
  readonly waits: number[] = [];
  readonly #items: number;
  readonly #answer: (call: SiteCall) => Reply;
  readonly #rows: ReadonlyMap<string, number>;
  readonly #callMs: number;
  #running = 0;
  /** Why the lane had no rate, each time that it ended for it. */
  readonly withoutRate: WithoutRate[] = [];
  #input: LaneInput = freshLane;

  /** `answer` gives the reply to a call, which takes `callMs`. */
  static async open(
    items: number,
    answer: (call: SiteCall) => Reply,
    limits = {},
    { callMs = 0, text = 'x', spec = {} }: { callMs?: number; text?: string; spec?: SpecChange } = {},
  ): Promise<LaneSite> {
    const rows = Array.from({ length: items }, (_, index) => ({ id: index + 1, text }));
    const realtimeLimits = { concurrency: 4, rpm: null, tpm: null, ...limits };
    const folder = await folderWith(rows, { mode: 'realtime', realtime: realtimeLimits, ...spec });
    await folder.run();
    return new LaneSite(folder, items, answer, callMs);
  }

  private constructor(folder: Folder, items: number, answer: (call: SiteCall) => Reply, callMs: number) {
    this.folder = folder;
    this.#items = items;
    this.#answer = answer;
    this.#callMs = callMs;
    this.#rows = new Map(this.ids.map((customId, index) => [customId, index + 1]));
  }

  get ids(): string[] {
    return this.folder.lines<ItemLine>('plan/wave-1/batch-0001.items.jsonl').map(({ customId }) => customId);
  }

  get lane(): RealtimeInput['lane'] {
    return this.#input.lane;
  }

  /** One attempt at some items, with nothing handed on from an earlier one unless `change` says so. */
  attempt(
    change: Partial<RealtimeInput> = {},
    { env = quietEnvironment(), deps = {} }: { env?: MockActivityEnvironment; deps?: Partial<ActivityDeps> } = {},
  ): Promise<RealtimeResult> {
    const scheduledAt = this.nowMs;
    Object.assign(env.context.info, { currentAttemptScheduledTimestampMs: scheduledAt });
    const input = { ...ref, ...freshLane, from: 0, count: this.#items, ...change };
    return env.run(() => realtime({ ...this.#deps(), ...deps }, input));
  }

  /** Chunk after chunk, as the workflow does it. */
  async runToEnd(
    chunk = this.#items,
    grantUsd: number | null = null,
    { holder, deps = {}, tells = false }: { holder?: string; deps?: Partial<ActivityDeps>; tells?: boolean } = {},
  ): Promise<void> {
    let [earlierRuns, before]: [number | null, number] = [null, 0];
    this.#input = { ...freshLane, grantUsd, ...(holder === undefined ? {} : { holder }) };
    for (let from = 0; from < this.#items; ) {
      const count = Math.min(chunk, this.#items - from);
      const skipped = earlierRuns === null ? null : ([earlierRuns, before] as const);
      const telling = tells && from + count < this.#items ? { telling: { skipped } } : {};
      const result: RealtimeResult = await this.attempt({ ...this.#input, from, count, ...telling }, { deps });
      const { end, lane, at } = result;
      earlierRuns ??= lane.journals - 1;
      if (end.kind === 'done') before = lane.journals;
      this.nowMs = Math.max(this.nowMs, at);
      this.#input = { ...this.#input, lane };
      if (end.kind === 'done') from += chunk;
      const { probe } = this.#input;
      if (end.kind === 'unreachable') this.#wait(probeDelayMs(probe), probe + 1);
      else if (end.kind === 'told_to_wait') this.#wait(end.waitMs, 0);
      else if (end.kind === 'without_rate') this.#awaitRate(end);
      else if (this.#input.awaitedTokens !== undefined) this.#endWaitForRate();
      else this.#input = { ...this.#input, probe: 0 };
    }
  }

  async collect(change: Partial<ClassifyInput> = {}, deps: Partial<ActivityDeps> = {}): Promise<Tally> {
    const planned = findPlanned(this.folder, ref);
    const input = { ...ref, planned, ...realtimeBatch, ...change };
    const result: ClassifyResult = await quietEnvironment().run(() => classify({ ...this.#deps(), ...deps }, input));
    if (result.kind !== 'tally') throw new Error('the realtime lane proves every item');
    return result.tally;
  }

  /** A file of an attempt that died. The last line has no newline. */
  leave(file: string, lines: readonly string[]): void {
    mkdirSync(join(this.folder.root, output, 'answers/wave-1'), { recursive: true });
    writeFileSync(join(this.folder.root, output, 'answers/wave-1', file), lines.join('\n'));
  }

  /** Calls in each minute of the provider's time. */
  countMinutes(): number[] {
    const first = this.calls[0]?.at ?? 0;
    const minutes: number[] = [];
    for (const { at } of this.calls) {
      const minute = Math.floor((at - first) / 60_000);
      minutes[minute] = (minutes[minute] ?? 0) + 1;
    }
    return minutes;
  }

  #awaitRate(end: WithoutRate): void {
    this.withoutRate.push(end);
    const declaredTokens = Math.max(this.#input.declaredTokens ?? 0, end.callTokens ?? 0);
    this.#input = { ...this.#input, awaitedTokens: declaredTokens, declaredTokens };
  }

  #endWaitForRate(): void {
    const { awaitedTokens: _, ...input } = this.#input;
    this.#input = input;
  }

  #wait(ms: number, probe: number): void {
    this.waits.push(ms);
    this.nowMs += ms;
    this.#input = { ...this.#input, probe };
  }

  #deps(): ActivityDeps {
    return {
      ...wholeDeps(this.folder),
      now: () => this.nowMs,
      elapsed: () => this.nowMs,
      wait: async (ms, signal) => {
        if (!signal.aborted) this.nowMs += ms;
        await new Promise((resolve) => setImmediate(resolve));
      },
      provider: () => ({ ...provider, call: (line) => this.#call(line) }),
    };
  }

  async #call(line: Buffer): Promise<Buffer> {
    const { custom_id: customId }: { custom_id: string } = JSON.parse(line.toString());
    const nth = this.calls.filter((each) => each.customId === customId).length + 1;
    const call = { customId, row: this.#rows.get(customId) ?? 0, nth, at: this.nowMs };
    this.calls.push(call);
    this.#running += 1;
    this.most = Math.max(this.most, this.#running);
    await new Promise((resolve) => setImmediate(resolve));
    this.nowMs += this.#callMs;
    const said = await this.#answer(call);
    this.#running -= 1;
    if (said instanceof ProviderError) throw said;
    return Buffer.from(answerLine(customId, said));
  }
}
