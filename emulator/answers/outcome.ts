// Decides what happens to one item when it is executed. Apart from the number of earlier failures of the body, it is a pure function of seed,
// custom id and body, so a repeated run has the same outcomes.

import type { Options } from '../faults/options.ts';
import type { Sentinel } from '../faults/sentinel.ts';
import { type Hash, hex16, roll } from '../world/hash.ts';
import type { Lane } from '../world/ledger.ts';

export const outcomes = {
  notRun: 0,
  answered: 1,
  refused: 2,
  truncated: 3,
  invalidJson: 4,
  empty: 5,
  dropped: 6,
  withoutId: 7,
  garbled: 8,
  missing: 9,
  timeout: 10,
  error400: 11,
  error429: 12,
  error500: 13,
} as const;
export type Outcome = (typeof outcomes)[keyof typeof outcomes];

export const isBilled = (outcome: number): boolean => outcome >= outcomes.answered && outcome <= outcomes.garbled;
/** Whether an item has a line among the answers, even a spoilt one. */
export const hasLine = (outcome: number): boolean => isBilled(outcome) && outcome !== outcomes.dropped;
/** Answered, but the line in the results is spoilt or absent; a request sent alone has no line. */
const isLineFault = (outcome: number): boolean => outcome >= outcomes.dropped && outcome <= outcomes.missing;
export const isError = (outcome: number): boolean => outcome >= outcomes.timeout;

export interface Subject {
  lane: Lane;
  body: Hash;
  fate: Hash;
  sentinel: Sentinel | null;
  defect: boolean;
  allFailed: boolean;
}

export type Failures = Map<string, number>;

export function hasItemFaults({ itemErrors }: Options): boolean {
  return rateTable(itemErrors).some(([rate]) => rate > 0);
}

export function decideOutcome(subject: Subject, options: Options, failures: Failures): Outcome {
  if (subject.defect) return outcomes.error400;
  if (subject.allFailed) return outcomes.error500;
  const told = subject.sentinel === null ? null : sentinelOutcome(subject.sentinel, subject, failures);
  return told ?? rolledOutcome(subject, options, failures);
}

function sentinelOutcome(told: Sentinel, { lane, body }: Subject, failures: Failures): Outcome | null {
  if (told.fail !== null) return errorOutcome(told.fail);
  if (told.failInBatch !== null && lane === 'batch') return errorOutcome(told.failInBatch);
  if (told.failOnce !== null && failsAgain(failures, `once:${hex16(body)}`, 1)) return errorOutcome(told.failOnce);
  if (told.line !== null) return lane === 'batch' ? outcomes[told.line] : null;
  if (told.refuse) return outcomes.refused;
  if (told.truncate) return outcomes.truncated;
  return told.invalid ? outcomes.invalidJson : null;
}

function rolledOutcome({ lane, body, fate }: Subject, { itemErrors, seed }: Options, failures: Failures): Outcome {
  const drawn = roll(fate, seed, 1);
  let threshold = 0;
  for (const [rate, outcome] of rateTable(itemErrors)) {
    threshold += rate;
    if (drawn >= threshold) continue;
    if (isLineFault(outcome) && lane === 'sync') return outcomes.answered;
    const fails = itemErrors.failTimes === 0 || failsAgain(failures, hex16(body), itemErrors.failTimes);
    return fails ? outcome : outcomes.answered;
  }
  return outcomes.answered;
}

function rateTable(errors: Options['itemErrors']): [number, Outcome][] {
  return [
    [errors.rate400, outcomes.error400],
    [errors.rate429, outcomes.error429],
    [errors.rate500, outcomes.error500],
    [errors.rateTimeout, outcomes.timeout],
    [errors.rateRefusal, outcomes.refused],
    [errors.rateTruncated, outcomes.truncated],
    [errors.rateInvalidJson, outcomes.invalidJson],
    [errors.rateEmpty, outcomes.empty],
    [errors.missing, outcomes.missing],
    [errors.dropped, outcomes.dropped],
    [errors.withoutId, outcomes.withoutId],
    [errors.garbledLine, outcomes.garbled],
  ];
}

function failsAgain(failures: Failures, key: string, failTimes: number): boolean {
  const failed = failures.get(key) ?? 0;
  if (failed >= failTimes) return false;
  failures.set(key, failed + 1);
  return true;
}

function errorOutcome(status: number): Outcome {
  if (status === 429) return outcomes.error429;
  if (status === 408) return outcomes.timeout;
  return status >= 500 ? outcomes.error500 : outcomes.error400;
}
