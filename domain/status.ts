// What a person sees of a running job: the answer to the `status` query, and the same as a page for the Web UI.

import { formatDuration } from './duration.ts';
import type { Counts } from './outcome.ts';

export type JobPhase =
  | 'opening'
  | 'planning'
  | 'running'
  | 'backing_off'
  | 'paused'
  | 'cancelling'
  | 'merging'
  | 'done';

export interface Pause {
  /** person: asked for; the rest is trouble that only a person can end. */
  readonly reason: 'person' | 'budget' | 'unauthorized' | 'forbidden' | 'no_money';
  readonly since: number;
  readonly note: string;
}

export interface JobStatus {
  readonly phase: JobPhase;
  readonly pause: Pause | null;
  readonly wave: number;
  readonly waveKind: 'first' | 'retry' | 'fallback' | 'again';
  readonly rows: {
    readonly accepted: number;
    readonly refused: number;
    readonly duplicates: number;
    readonly carriedOver: number;
  };
  readonly items: {
    readonly answered: number;
    readonly underWay: number;
    readonly failed: number;
    readonly byReason: Counts;
  };
  readonly batches: { readonly planned: number; readonly open: number; readonly done: number };
  readonly tokens: { readonly input: number; readonly output: number };
  readonly costUsd: number | null;
  readonly estimateUsd: number | null;
  readonly budgetUsd: number | null;
  readonly startedAt: number;
  readonly estimatedEndAt: number | null;
  readonly alerts: readonly string[];
  readonly output: string;
}

/** Progress extrapolated; null until there is something to extrapolate from. */
export function estimatedEnd(startedAt: number, now: number, done: number, total: number): number | null {
  if (done === 0 || total === 0 || done >= total) return null;
  return Math.round(now + ((now - startedAt) * (total - done)) / done);
}

export function statusPage(status: JobStatus, now: number): string {
  const { items, rows, batches } = status;
  const accepted = rows.accepted + rows.duplicates + rows.carriedOver;
  const lines = [
    `**${status.phase}**${status.pause === null ? '' : `: ${status.pause.note}`} · wave ${status.wave} (${status.waveKind}) · ${formatDuration(now - status.startedAt)} so far`,
    '',
    `${bar(items.answered, accepted)} ${items.answered} of ${accepted} rows answered`,
    '',
    '| | |',
    '|---|---|',
    `| batches | ${batches.done} done, ${batches.open} open, ${batches.planned} planned |`,
    `| items | ${items.answered} answered, ${items.underWay} under way, ${items.failed} failed |`,
    `| rows refused | ${rows.refused} |`,
    `| cost | ${usd(status.costUsd)} of ${usd(status.estimateUsd)} estimated${status.budgetUsd === null ? '' : `, cap ${usd(status.budgetUsd)}`} |`,
    `| output | \`${status.output}\` |`,
  ];
  const reasons = Object.entries(items.byReason).map(([reason, count]) => `| ${reason} | ${count} |`);
  if (reasons.length > 0) lines.push('', '| reason | items |', '|---|---|', ...reasons);
  if (status.alerts.length > 0) lines.push('', ...status.alerts.map((alert) => `- ${alert}`));
  return lines.join('\n');
}

const usd = (amount: number | null): string => (amount === null ? 'unknown' : `$${amount.toFixed(amount < 1 ? 4 : 2)}`);

function bar(done: number, total: number): string {
  const filled = total === 0 ? 0 : Math.min(20, Math.floor((20 * done) / total));
  return `${'█'.repeat(filled)}${'░'.repeat(20 - filled)} ${total === 0 ? 0 : Math.floor((100 * done) / total)}%`;
}
