// What a queue shows to people: how much waits and since when, what comes next, and its last flushes.

import { formatDuration } from '../duration.ts';
import { formatDollars, formatTime, joinDetails } from '../progress/markdown.ts';
import { chooseFlush, findFlushTime } from './choose-flush.ts';
import { sumDeliveries } from './delivery.ts';
import {
  type EndedFlush,
  flushWorkflowId,
  type OpenFlush,
  type QueueMode,
  type QueueState,
  type QueueTotals,
} from './state.ts';

export interface QueuePage {
  readonly name: string;
  readonly output: string;
  readonly mode: QueueMode;
  readonly depth: { readonly items: number; readonly bytes: number; readonly deliveries: number };
  /** How long the oldest item has waited; null if nothing waits. */
  readonly oldestMs: number | null;
  /** When the next flush is due; null if nothing waits, or nothing is to be flushed. */
  readonly nextFlushAt: number | null;
  /** With the ids of their jobs. */
  readonly running: readonly (OpenFlush & { readonly workflowId: string })[];
  readonly last: readonly (EndedFlush & { readonly workflowId: string })[];
  readonly totals: QueueTotals;
  /** The longest time from the acceptance of an item to its answer that is not late. Null if the queue names none. */
  readonly slaMs: number | null;
  /** Of the last flushes, the longest time from the acceptance of an item to its answer; null if it is not known of any. */
  readonly longestMs: number | null;
}

export function renderQueuePage(state: QueueState, now: number): QueuePage {
  const { settings, waiting, beyond, mode, open, ended, totals } = state;
  const { name, output } = settings;
  const [oldest] = waiting;
  const withId = <Flush extends { readonly flush: number }>(flush: Flush): Flush & { readonly workflowId: string } => ({
    ...flush,
    workflowId: flushWorkflowId(name, flush.flush),
  });
  return {
    name,
    output,
    mode,
    depth: { ...sumDeliveries([...waiting, beyond]), deliveries: waiting.length + beyond.deliveries },
    oldestMs: oldest === undefined ? null : Math.max(0, now - oldest.at),
    nextFlushAt: chooseFlush(state, now) === null ? findFlushTime(state) : now,
    running: open.map(withId),
    last: ended.map(withId),
    totals,
    slaMs: settings.slaMs ?? null,
    longestMs: ended.reduce<number | null>(
      (longest, { longestMs = null }) => (longestMs === null ? longest : Math.max(longest ?? 0, longestMs)),
      null,
    ),
  };
}

/** For the Web UI. */
export function renderQueueDetails(page: QueuePage, now: number): string {
  const { mode, depth, oldestMs, nextFlushAt, running, last, totals } = page;
  const oldest = oldestMs === null ? '' : `, the oldest for ${formatDuration(oldestMs)}`;
  const next = nextFlushAt === null ? '' : ` Next flush: ${formatTime(nextFlushAt)}.`;
  const rows = [
    ...running.map(({ workflowId, items, failure, isLate }) => [
      workflowId,
      items,
      failure === null ? `runs${isLate === true ? ', late' : ''}` : `failed: ${inCell(failure)}`,
    ]),
    ...last.map(({ workflowId, items, end, answered, failed, usd, longestMs }) => [
      workflowId,
      items,
      answered === null
        ? end
        : `${end}: ${answered} answered, ${failed} failed${usd === null ? '' : `, ${formatDollars(usd)}`}${longestMs === undefined ? '' : `, within ${formatDuration(longestMs)}`}`,
    ]),
  ];
  return joinDetails(
    [
      `**${mode}**: ${depth.items} items wait${oldest}.${next}`,
      `Accepted ${totals.accepted}, refused ${totals.refused}, duplicates ${totals.duplicates}, removed ${totals.removed}, flushed ${totals.flushed}.`,
      renderSla(page),
      rows.length === 0 ? '' : ['| flush | items | state |', '|---|---:|---|', ...rows.map(renderRow)].join('\n'),
    ],
    now,
  );
}

/** Empty if the queue names no `sla`. */
const renderSla = ({ slaMs, longestMs, totals }: QueuePage): string =>
  slaMs === null
    ? ''
    : `Answers within ${formatDuration(slaMs)}: ${totals.late ?? 0} items were late${longestMs === null ? '' : `, the longest of the last flushes took ${formatDuration(longestMs)}`}.`;

const renderRow = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

/** A line break or a bar would end the cell. */
const inCell = (text: string): string => text.replaceAll(/[\n|]+/g, ' ');
