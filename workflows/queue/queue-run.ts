// One run of a queue: its state, and every step that changes it.

import { ApplicationFailure } from '@temporalio/common';
import { condition, metricMeter, setCurrentDetails, uuid4, workflowInfo } from '@temporalio/workflow';
import type { QueueRef } from '../../activities/queue/queue-file.ts';
import { addDelivery, addTotals, beginQueue, isEmpty, takeFound, takeSealed } from '../../domain/queue/changes.ts';
import { chooseFlush, type FlushChoice } from '../../domain/queue/choose-flush.ts';
import { type QueuePage, renderQueueDetails, renderQueuePage } from '../../domain/queue/page.ts';
import { type QueueSettings, type QueueState, removalsMax } from '../../domain/queue/state.ts';
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

export class QueueRun {
  #state: QueueState | null;
  /** It continues as a new run, and takes nothing more. */
  isClosing = false;
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
    try {
      const { delivery, ...added } = await filePass(timing, 'check and store new items').takeItems({
        ...this.ref,
        source,
        isUrgent: input.urgent === true,
        at: Date.now(),
        mark,
        ...(input.refusals === undefined ? {} : { refusals: input.refusals }),
      });
      if (delivery !== null) this.#set(addDelivery(this.state, delivery));
      const { accepted, refused } = added;
      this.change((state) => ({ ...state, totals: addTotals(state.totals, { accepted, refused }) }));
      return added;
    } catch (error) {
      throw asRefusal(error);
    }
  }

  /** Fails if no item with that id waits. While a flush is being sealed, it is not certain what still waits. */
  async remove(id: string | number): Promise<QueuePage> {
    await this.untilOpen();
    const found = await filePass(this.settings.timing, 'find the item').findItem({ ...this.ref, id });
    await condition(() => !this.#isSealing);
    const waiting = new Set(this.state.waiting.map(({ name }) => name));
    const deliveries = found.filter((name) => waiting.has(name));
    if (deliveries.length === 0) {
      throw ApplicationFailure.nonRetryable(`no item ${id} waits: it was flushed, or never came`, 'invalid_update');
    }
    if (this.state.removals.length >= removalsMax) {
      throw ApplicationFailure.nonRetryable(
        `${removalsMax} items are taken out already: flush first`,
        'invalid_update',
      );
    }
    return this.change((state) => ({ ...state, removals: [...state.removals, { id, deliveries }] }));
  }

  /** Makes a job of these deliveries and starts it. */
  async flush({ deliveries, reason }: FlushChoice): Promise<void> {
    const flush = this.state.nextFlush;
    this.#isSealing = true;
    try {
      const sealed = await filePass(this.settings.timing, `seal flush ${flush}: ${reason}`).sealFlush({
        ...this.ref,
        flush,
        deliveries: deliveries.map(({ name }) => name),
        removals: this.state.removals,
        isUrgent: reason === 'urgent',
        at: Date.now(),
      });
      if (sealed.job !== null) await this.jobs.start(flush, { job: sealed.job }, sealed.items);
      const taken = this.state.waiting.filter(({ name }) => sealed.deliveries.includes(name));
      this.#set(takeSealed(this.state, taken, sealed, Date.now()));
    } finally {
      this.#isSealing = false;
    }
    if (this.state.beyond.deliveries > 0) await this.list();
  }

  /** Finds deliveries whose news was lost. */
  async list(): Promise<void> {
    const found = await shortCall(this.settings.timing, 'list what waits').listDeliveries(this.ref);
    this.#set(takeFound(this.state, found));
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
    setCurrentDetails(renderQueueDetails(page, Date.now()));
    return page;
  }

  choose(): FlushChoice | null {
    return chooseFlush(this.state, Date.now());
  }
}
