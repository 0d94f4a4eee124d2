// A queue: gathers items over time and turns them into jobs. It runs for ever, as a chain of runs that hand over their state, until a person
// drains it.

import { allHandlersFinished, condition, continueAsNew, workflowInfo } from '@temporalio/workflow';
import { findFlushTime } from '../../domain/queue/choose-flush.ts';
import type { QueuePage } from '../../domain/queue/page.ts';
import type { OpenFlush, QueueState } from '../../domain/queue/state.ts';
import { isHistoryLong } from '../history.ts';
import { registerQueueHandlers } from './queue-handlers.ts';
import { QueueRun } from './queue-run.ts';

/**
 * No item is lost or sent twice: an item is in the store before its caller has an answer, each flush takes its deliveries under a fixed number, and
 * an id that came before is dropped.
 */
export async function processQueue(input: unknown, carried?: unknown): Promise<QueuePage> {
  const queue = new QueueRun(readCarried(carried));
  registerQueueHandlers(queue);
  if (!queue.isOpen) await queue.open(input);
  const agenda = new Agenda(queue);
  while (!agenda.isOver) await agenda.doNext();
  queue.isClosing = true;
  await condition(allHandlersFinished);
  if (queue.isDrained) return queue.page();
  return continueAsNew<typeof processQueue>(input, queue.state);
}

/** A person who starts a queue cannot give a state: only a run that continues another one has one. */
const readCarried = (carried: unknown): QueueState | null =>
  workflowInfo().continuedFromExecutionRunId === undefined ? null : (carried as QueueState);

const minuteMs = 60_000;
/** News of a delivery may be lost. */
const listEveryMs = 10 * minuteMs;
/** A run knows when the jobs end that it has started itself, but not those of earlier runs. */
const lookMinMs = 10_000;
const lookMaxMs = 5 * minuteMs;
/** So many are looked at in one call, which has a time limit. */
const lookedMax = 100;
/** A flush is looked at each time that its age has grown by this share. */
const lookShare = 0.1;

/** One step after the other, so that a list of the folder never meets a flush that is being sealed. */
class Agenda {
  readonly #queue: QueueRun;
  #listedAt = Date.now();
  readonly #lookedAt = new Map<number, number>();

  constructor(queue: QueueRun) {
    this.#queue = queue;
  }

  /** The queue is drained, or continues as a new run. */
  get isOver(): boolean {
    return this.#queue.isDrained || isHistoryLong(this.#queue.settings.historyEventsMax);
  }

  async doNext(): Promise<void> {
    const choice = this.#queue.choose();
    if (choice !== null) return this.#queue.flush(choice);
    const due = this.#queue.state.open.filter((flush) => this.#findLookTime(flush) <= Date.now());
    if (due.length > 0) return this.#look(due.slice(0, lookedMax).map(({ flush }) => flush));
    if (Date.now() >= this.#listedAt + listEveryMs) return this.#list();
    const nextAt = this.#findNextTime();
    // A flush that becomes due sooner, or that a person wants now, ends the wait.
    const hasWork = (): boolean => this.isOver || this.#queue.choose() !== null || this.#findNextTime() < nextAt;
    await condition(hasWork, Math.max(1, nextAt - Date.now()), { summary: 'wait for items' });
  }

  #findNextTime(): number {
    const { state } = this.#queue;
    const looks = state.open.filter(({ failure }) => failure === null).map((flush) => this.#findLookTime(flush));
    return Math.min(findFlushTime(state) ?? Number.POSITIVE_INFINITY, this.#listedAt + listEveryMs, ...looks);
  }

  #findLookTime({ flush, startedAt, failure }: OpenFlush): number {
    if (failure !== null) return Number.POSITIVE_INFINITY;
    if (this.#queue.jobs.ended.has(flush)) return 0;
    const at = this.#lookedAt.get(flush) ?? startedAt;
    return at + Math.min(lookMaxMs, Math.max(lookMinMs, lookShare * (at - startedAt)));
  }

  async #look(flushes: readonly number[]): Promise<void> {
    for (const flush of flushes) this.#lookedAt.set(flush, Date.now());
    await this.#queue.jobs.look(flushes);
  }

  async #list(): Promise<void> {
    await this.#queue.list();
    this.#listedAt = Date.now();
  }
}
