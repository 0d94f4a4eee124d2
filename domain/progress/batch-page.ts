// The current details of one batch in the Web UI, as markdown: which batch it is at its provider, its progress, what it waits for and its last
// fault.

import type { BatchStep, HoldReason } from '../batch/machine.ts';
import type { BatchView } from '../batch/state.ts';
import { formatDuration } from '../duration.ts';
import type { PlannedBatch } from '../job.ts';
import type { Tally } from '../outcome/outcome.ts';
import type { Trouble } from './events.ts';
import { formatTime, joinDetails, type Row, renderBar, renderTable } from './markdown.ts';

export interface BatchFacts {
  readonly planned: Pick<PlannedBatch, 'items' | 'model' | 'lane'>;
  readonly provider: string;
  readonly step: Pick<BatchStep, 'kind'> | Extract<BatchStep, { kind: 'hold' }>;
  /** The provider batches created for it, in the order in which the job learned of them. */
  readonly ids: readonly string[];
  /** The provider's own word and counts in the last poll; null before the first. */
  readonly seen: Pick<BatchView, 'status' | 'counts'> | null;
  readonly createdAt: number | null;
  readonly deadlineMs: number;
  readonly trouble: Trouble | null;
  readonly lastFault: BatchFault | null;
  /** Null before the end. */
  readonly tally: Pick<Tally, 'answered' | 'costUsd'> | null;
}

/** What went wrong last. */
export interface BatchFault {
  readonly what: string;
  readonly at: number;
}

const steps: Readonly<Record<Exclude<BatchStep['kind'], 'hold'>, string>> = {
  recover: 'reads what is known of the batch',
  upload: 'uploads the requests',
  create: 'creates the batch at the provider',
  find: 'searches for a batch whose create had no reply',
  cancel: 'asks the provider to cancel the batch',
  poll: 'polls the provider',
  read: 'downloads the output',
  classify: 'reads each answer and counts',
  leave: 'cancelled: it ends, and what is not known yet is left to its next run',
  done: 'done',
};

/** Also used as summaries of the timers that a batch waits with. */
export const holdTexts: Readonly<Record<HoldReason, string>> = {
  paused: 'paused: `resume` continues the job',
  trouble: 'waits until a person has solved the trouble and resumes the job',
  capacity: 'waits until the provider has room for another batch',
  upload_again: 'waits before it uploads the file again, because the provider did not find it',
  lost_create: 'waits before it searches for a batch whose create had no reply',
  running: 'waits for the next poll',
  not_shown: 'the provider has ended the batch and does not show its output yet',
  read_again: 'waits before it reads the output again: nothing is called missing after one reading',
};

export function renderBatchPage(facts: BatchFacts, now: number): string {
  const { planned, step, seen, tally, trouble } = facts;
  const counts = seen?.counts ?? null;
  const done = tally !== null ? tally.answered : (counts?.done ?? null);
  const what = tally !== null ? 'answered' : 'done at the provider';
  return joinDetails(
    [
      `**${describeStep(step)}** · ${planned.items} items to ${planned.model}, ${planned.lane} lane of ${facts.provider}`,
      done === null ? '' : `${renderBar(done, planned.items)} ${done} of ${planned.items} items ${what}`,
      trouble === null ? '' : `- ⚠️ ${trouble}: the batch waits until the job is resumed`,
      renderTable([['batch', listFacts(facts)]]),
    ],
    now,
  );
}

function describeStep(step: BatchFacts['step']): string {
  if (step.kind !== 'hold') return steps[step.kind];
  if (!('why' in step)) return 'waits';
  return step.why === 'running' && step.until !== null ? `next poll at ${formatTime(step.until)}` : holdTexts[step.why];
}

function listFacts({ ids, seen, createdAt, deadlineMs, lastFault, tally }: BatchFacts): readonly Row[] {
  const counts = seen?.counts ?? null;
  const rows: (Row | null)[] = [
    ids.length === 0 ? null : ['id at the provider', ids.map((id) => `\`${id}\``).join(', ')],
    seen === null ? null : ['state at the provider', seen.status],
    counts === null ? null : ['failed at the provider', counts.failed],
    createdAt === null ? null : ['created', formatTime(createdAt)],
    createdAt === null || tally !== null
      ? null
      : ['deadline', `${formatTime(createdAt + deadlineMs)} (${formatDuration(deadlineMs)} after the creation)`],
    lastFault === null ? null : ['last fault', `${lastFault.what} at ${formatTime(lastFault.at)}`],
    tally === null ? null : ['cost in USD', tally.costUsd ?? 'unknown'],
  ];
  return rows.filter((row) => row !== null);
}
