// Says what is true of a job after a change: one line for a person.

import { type ItemReason, sumCounts } from '../../../domain/outcome/outcome.ts';
import type { JobStatus } from '../../../domain/progress/status.ts';
import { ownCommand, shellWord } from '../own-command.ts';
import { describeLimits, describePause, number, usd } from '../print-job.ts';

export function describePaused(id: string, { phase, pause, batches }: JobStatus): string {
  if (pause === null) return `${id} is ${phase}: nothing is left to pause`;
  const open = batches.open === 1 ? 'its open batch is' : `its ${batches.open} open batches are`;
  const still = batches.open === 0 ? '' : `; ${open} still collected`;
  return `${id} is paused: ${pause.note}${still}; to continue: ${ownCommand(`resume ${shellWord(id)}`)}`;
}

export function describeResumed(id: string, { phase, pauses }: JobStatus): string {
  const [first] = pauses;
  if (first === undefined) return `${id} is not paused: it is ${phase.replace('_', ' ')}`;
  return `${id} is still paused: ${describePause(first, id)}`;
}

export function describeSettings(id: string, status: JobStatus): string {
  const budget = status.budgetUsd === null ? 'no budget' : `a budget of ${usd(status.budgetUsd)}`;
  return [`${id} now has ${budget}`, describeLimits(status)].filter((part) => part !== null).join('; ');
}

/** What the next round will do, and what it leaves. Only what has failed so far can be counted. */
export function describeRetry(id: string, { items, retryReasons }: JobStatus): string {
  const wanted = retryReasons ?? [];
  const failed = Object.entries(items.byReason) as [ItemReason, number][];
  const taken = failed.filter(([reason]) => wanted.includes(reason));
  const left = failed.filter(([reason]) => !wanted.includes(reason));
  const count = sumCounts(Object.fromEntries(taken));
  const what = count === 0 ? 'nothing has failed for these reasons so far' : `${list(taken)} will be sent again`;
  const others = left.length === 0 ? '' : `; not sent again: ${list(left)}`;
  return `${id} makes one more round after this wave: ${what}${others}; what fails for ${describeReasons(wanted)} until then is sent too`;
}

const list = (counts: readonly [ItemReason, number][]): string =>
  counts.map(([reason, count]) => `${number(count)} ${reason}`).join(', ');

/** Most people name a few reasons, or none. */
const describeReasons = (reasons: readonly ItemReason[]): string =>
  reasons.length > 4 ? 'any reason but in_doubt' : reasons.join(', ');
