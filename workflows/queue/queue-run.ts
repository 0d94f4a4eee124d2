// One run of a queue: its state, and every step that changes it.

import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { condition, metricMeter, setCurrentDetails, uuid4, workflowInfo } from '@temporalio/workflow';
import type { QueueRef } from '../../activities/queue/queue-file.ts';
import {
  addDelivery,
  addRemoval,
  addTotals,
  beginQueue,
  isEmpty,
  takeFound,
  takeSealed,
} from '../../domain/queue/changes.ts';
import { chooseFlush, type FlushChoice } from '../../domain/queue/choose-flush.ts';
import type { Delivery } from '../../domain/queue/delivery.ts';
import { type QueuePage, renderQueueDetails, renderQueuePage } from '../../domain/queue/page.ts';
import { type QueueSettings, type QueueState, removalsMax, removedFromMax } from '../../domain/queue/state.ts';
import { asRefusal } from '../job/open.ts';
import { filePass, promptCall, shortCall } from '../proxies.ts';
import { FlushJobs } from './flush-jobs.ts';
import type { Added, AddInput } from './messages.ts';

const depth = metricMeter.createGauge('nightshift_queue_items', 'int', '1', 'Items that wait in a queue, by its name.');
const oldest = metricMeter.createGauge(
  'nightshift_queue_oldest_age',
  'float',
  's',
  'How long the oldest item of a queue has waited, by the name of the queue.',
);

const longest = metricMeter.createGauge(
  'nightshift_queue_longest_answer',
  'float',
  's',
  'The longest time from the acceptance of an item to its answer in the last flushes of a queue, by its name.',
);
const late = metricMeter.createGauge(
  'nightshift_queue_late_items',
  'int',
  '1',
  'Items of a queue that were answered later than its sla, by its name.',
);

/** A queue that continues as new waits for its updates, so none may take for ever. */
const updateMs = 10 * 60_000;

export class QueueRun {
  #state: QueueState | null;
  /** It continues as a new run, and takes nothing more. */
  isClosing = false;
  /** What comes while the folder is listed: the list may not have it. Null while it is not. */
  #cameMeanwhile: Delivery[] | null = null;
  #isSealing = false;
  readonly jobs = new FlushJobs(this);

  constructor(carried: QueueState | null) {
    this.#state = carried;
  }

  get isOpen(): boolean {
    return this.#state !== null;
  }

  get state(): QueueState {
    if (this.#state === null) throw ApplicationFailure.retryable('the queue is not open yet', 'not_open');
    return this.#state;
  }

  get settings(): QueueSettings {
    return this.state.settings;
  }

  get mode(): QueueState['mode'] {
    return this.#state?.mode ?? 'open';
  }

  get isDrained(): boolean {
    return this.state.mode === 'draining' && isEmpty(this.state);
  }

  page(): QueuePage {
    return renderQueuePage(this.state, Date.now());
  }

  async open(input: unknown): Promise<void> {
    const { workflowId, startTime } = workflowInfo();
    try {
      const { settings, found } = await promptCall('validate the queue and claim its folder').openQueue({
        input: input ?? null,
        workflowId,
        startedAt: startTime.getTime(),
      });
      this.#set(beginQueue(settings, found));
    } catch (error) {
      throw asRefusal(error);
    }
  }

  untilOpen(): Promise<void> {
    return condition(() => this.isOpen);
  }

  change(change: (state: QueueState) => QueueState): QueuePage {
    return this.#set(change(this.state));
  }

  /** The items are in the store when it resolves. */
  async add(input: AddInput): Promise<Added> {
    await this.untilOpen();
    const { timing } = this.settings;
    const source = input.items === undefined ? { uri: input.uri } : { items: input.items };
    const mark = uuid4().replaceAll('-', '').slice(0, 16);
    const now = Date.now();
    try {
      const { delivery, ...added } = await filePass(timing, 'check and store new items', now + updateMs).takeItems({
        ...this.ref,
        source,
        isUrgent: input.urgent === true,
        at: now,
        mark,
        ...(input.refusals === undefined ? {} : { refusals: input.refusals }),
      });
      if (delivery !== null) {
        this.#cameMeanwhile?.push(delivery);
        this.change((state) => addDelivery(state, delivery));
      }
      const { accepted, refused } = added;
      this.change((state) => ({ ...state, totals: addTotals(state.totals, { accepted, refused }) }));
      return added;
    } catch (error) {
      throw asRefusal(explainTimeout(error, 'the items could not be read and stored in time: add them again'));
    }
  }

  /** Fails if no item with that id waits. */
  async remove(id: string | number): Promise<QueuePage> {
    await this.untilOpen();
    const untilMs = Date.now() + updateMs;
    let [flush, deliveries]: [number, readonly string[]] = [Number.NaN, []];
    // While a flush is being sealed, it is not certain what still waits. From here to the change of the state, nothing may be awaited.
    while (this.#isSealing || flush !== this.state.nextFlush) {
      await condition(() => !this.#isSealing);
      flush = this.state.nextFlush;
      deliveries = await this.#findItem(id, untilMs);
    }
    if (deliveries.length === 0) {
      throw ApplicationFailure.nonRetryable(`no item ${id} waits: it was flushed, or never came`, 'invalid_update');
    }
    const removed = addRemoval(this.state, id, deliveries);
    const names = removed.removals.reduce((sum, each) => sum + each.deliveries.length, 0);
    if (removed.removals.length > removalsMax || names > removedFromMax) {
      throw ApplicationFailure.nonRetryable('too many items are taken out already: flush first', 'invalid_update');
    }
    return this.change(() => removed);
  }

  async #findItem(id: string | number, untilMs: number): Promise<readonly string[]> {
    const late = 'the item could not be found in time: try again';
    if (Date.now() >= untilMs) throw ApplicationFailure.nonRetryable(late, 'not_in_time');
    try {
      return await filePass(this.settings.timing, 'find the item', untilMs).findItem({ ...this.ref, id });
    } catch (error) {
      throw asRefusal(explainTimeout(error, late));
    }
  }

  /** Makes a job of these deliveries and starts it. */
  async flush({ deliveries, reason, most }: FlushChoice): Promise<void> {
    const flush = this.state.nextFlush;
    this.#isSealing = true;
    try {
      const sealed = await filePass(this.settings.timing, `seal flush ${flush}: ${reason}`).sealFlush({
        ...this.ref,
        flush,
        deliveries: deliveries.map(({ name }) => name),
        most,
        removals: this.state.removals,
        isUrgent: reason === 'urgent',
        at: Date.now(),
      });
      if (sealed.job !== null) await this.jobs.start(flush, { job: sealed.job }, sealed.items);
      this.#set(takeSealed(this.state, sealed, Date.now()));
    } finally {
      this.#isSealing = false;
    }
    if (this.state.beyond.deliveries > 0) await this.list();
  }

  /** Finds deliveries whose news was lost. */
  async list(): Promise<void> {
    const cameMeanwhile: Delivery[] = [];
    this.#cameMeanwhile = cameMeanwhile;
    const found = await shortCall(this.settings.timing, 'list what waits').listDeliveries(this.ref);
    this.#cameMeanwhile = null;
    this.#set(takeFound(this.state, found, cameMeanwhile));
  }

  get ref(): QueueRef {
    return { output: this.settings.output };
  }

  #set(state: QueueState): QueuePage {
    this.#state = state;
    const page = renderQueuePage(state, Date.now());
    const tags = { queue: page.name };
    depth.set(page.depth.items, tags);
    oldest.set((page.oldestMs ?? 0) / 1000, tags);
    longest.set((page.longestMs ?? 0) / 1000, tags);
    late.set(page.totals.late ?? 0, tags);
    setCurrentDetails(renderQueueDetails(page, Date.now()));
    return page;
  }

  choose(): FlushChoice | null {
    return chooseFlush(this.state, Date.now());
  }
}

/** Of an activity whose time is over, the last failure alone does not say that it is not tried again. */
function explainTimeout(error: unknown, message: string): unknown {
  if (!(error instanceof ActivityFailure) || error.retryState !== 'TIMEOUT') return error;
  const why = error.cause instanceof ApplicationFailure ? ` (${error.cause.message})` : '';
  return ApplicationFailure.nonRetryable(message + why, 'not_in_time');
}
