// The dispatcher as activities reach it, and the limits that a worker's configuration has for it.

import type { Answer, Declaration } from '../../domain/dispatch/declaration.ts';
import type { AskedRate, RateAnswer } from '../../domain/dispatch/lane-rate.ts';
import type { Limits } from '../../domain/dispatch/limits.ts';
import type { DispatchState } from '../../domain/dispatch/state.ts';

export interface DispatcherPort {
  /** Starts the dispatcher if none runs. */
  declare(input: DeclareInput, taskQueue: string): Promise<Answer>;
  /** What the realtime lane of a job or a segment may use now. */
  readRate(asked: AskedRate): Promise<RateAnswer>;
  /** The runs before the one that asks, the last one first. Null if the server still lists one of them as open. */
  listEarlierRuns(ownRunId: string): Promise<readonly string[] | null>;
  /** Null if that run had not taken over yet what the one before it knew. */
  readSnapshot(runId: string): Promise<DispatchState | null>;
  /** Asks all open jobs and segments to declare again. Returns their workflows. */
  askAll(): Promise<readonly string[]>;
}

export interface DeclareInput {
  readonly declaration: Declaration;
  readonly digest: string;
  readonly limits?: Limits;
}

/** The limits of the worker's configuration, and its way to the dispatcher. */
export interface Admission {
  /** Of the limits. */
  readonly digest: string;
  readonly limits: Limits;
  readonly dispatcher: DispatcherPort;
}
