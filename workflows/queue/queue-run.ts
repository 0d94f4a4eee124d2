// One run of a queue: its state, and every step that changes it.

import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  condition,
  log,
  metricMeter,
  ParentClosePolicy,
  setCurrentDetails,
  startChild,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { SeenFlush } from '../../activities/queue/look-at-flushes.ts';
import type { SealedFlush } from '../../activities/queue/seal-flush.ts';
import {
  addDelivery,
  addTotals,
  beginQueue,
  endFlush,
  isEmpty,
  markFlush,
  takeFound,
  takeSealed,
} from '../../domain/queue/changes.ts';
import { chooseFlush, type FlushChoice } from '../../domain/queue/choose-flush.ts';
import type { Delivery } from '../../domain/queue/delivery.ts';
import { type QueuePage, renderQueueDetails, renderQueuePage } from '../../domain/queue/page.ts';
import { flushWorkflowId, type QueueSettings, type QueueState, removalsMax } from '../../domain/queue/state.ts';
import { asRefusal } from '../job/open.ts';
import { filePass, promptCall, shortCall } from '../proxies.ts';
import type { Added, AddInput } from './messages.ts';

const depth = metricMeter.createGauge('nightshift_queue_items', 'int', '1', 'Items that wait in a queue, by its name.');
const oldest = metricMeter.createGauge(
  'nightshift_queue_oldest_age',
  'float',
  's',
  'How long the oldest item of a queue has waited, by the name of the queue.',
);

export class QueueRun {
  #state: QueueState | null;
  /** It continues as a new run, and takes nothing more. */
  isClosing = false;
  /** Deliveries that came before the queue was open. */
  readonly #early: Delivery[] = [];
  #isSealing = false;
  /** Flushes of this run whose jobs have ended, and were not looked at since. */
  readonly ended = new Set<number>();

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
    for (const delivery of this.#early) this.takeDelivery(delivery);
  }

  untilOpen(): Promise<void> {
    return condition(() => this.isOpen);
  }

  change(change: (state: QueueState) => QueueState): QueuePage {
    this.#set(change(this.state));
    return this.page();
  }

  takeDelivery(delivery: Delivery): void {
    if (this.#state === null) this.#early.push(delivery);
    else this.#set(addDelivery(this.#state, delivery));
  }

  /** The items are in the store when it resolves. */
  async add(input: AddInput): Promise<Added> {
    await this.untilOpen();
    const { timing } = this.settings;
    const source = input.items === undefined ? { uri: input.uri } : { items: input.items };
    const mark = uuid4().replaceAll('-', '').slice(0, 16);
    try {
      const { delivery, ...added } = await filePass(timing, 'check and store new items').takeItems({
        ...this.#ref(),
        source,
        isUrgent: input.urgent === true,
        at: Date.now(),
        mark,
      });
      if (delivery !== null) this.takeDelivery(delivery);
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
    const found = await filePass(this.settings.timing, 'find the item').findItem({ ...this.#ref(), id });
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
        ...this.#ref(),
        flush,
        deliveries: deliveries.map(({ name }) => name),
        removals: this.state.removals,
        isUrgent: reason === 'urgent',
        at: Date.now(),
      });
      await this.#startSealed(flush, sealed);
      const taken = this.state.waiting.filter(({ name }) => sealed.deliveries.includes(name));
      this.#set(takeSealed(this.state, taken, sealed, Date.now()));
    } finally {
      this.#isSealing = false;
    }
    if (this.state.beyond.deliveries > 0) await this.list();
  }

  /** A failed flush may have sent something: its own folder says how it continues. */
  async retry(flush: number): Promise<QueuePage> {
    await this.untilOpen();
    const open = this.state.open.find((each) => each.flush === flush && each.failure !== null);
    if (open === undefined) {
      throw ApplicationFailure.nonRetryable(`flush ${flush} has not failed`, 'invalid_update');
    }
    const input = await shortCall(this.settings.timing, `find how flush ${flush} continues`).findFlushInput({
      ...this.#ref(),
      flush,
    });
    await this.#startJob(flush, input, open.items);
    return this.change((state) => markFlush(state, flush, null));
  }

  /** Finds deliveries whose news was lost. */
  async list(): Promise<void> {
    const found = await shortCall(this.settings.timing, 'list what waits').listDeliveries(this.#ref());
    this.#set(takeFound(this.state, found));
  }

  async look(flushes: readonly number[]): Promise<void> {
    const { name, timing } = this.settings;
    for (const flush of flushes) this.ended.delete(flush);
    const seen = await shortCall(timing, 'look how the flushes are doing').lookAtFlushes({
      ...this.#ref(),
      name,
      flushes,
    });
    for (const each of seen) await this.#takeSeen(each);
  }

  async #takeSeen(seen: SeenFlush): Promise<void> {
    const open = this.state.open.find(({ flush }) => flush === seen.flush);
    if (open === undefined || seen.kind === 'running') return;
    if (seen.kind === 'ended') {
      const { kind: _, ...ended } = seen;
      this.#set(endFlush(this.state, { ...ended, items: open.items, endedAt: Date.now() }));
    } else if (seen.kind === 'failed') {
      log.error('alert: a flush failed', { event: 'alert', alert: 'flush_failed', flush: seen.flush });
      this.#set(markFlush(this.state, seen.flush, seen.message));
    } else {
      const input = await shortCall(this.settings.timing, `find how flush ${seen.flush} continues`).findFlushInput({
        ...this.#ref(),
        flush: seen.flush,
      });
      await this.#startJob(seen.flush, input, open.items);
    }
  }

  async #startSealed(flush: number, { job, items }: SealedFlush): Promise<void> {
    if (job !== null) await this.#startJob(flush, { job }, items);
  }

  /** The job outlives this run, and the queue. One that runs already was started by an earlier attempt. */
  async #startJob(flush: number, input: unknown, items: number): Promise<void> {
    const { name, priority } = this.settings;
    try {
      const child = await startChild('processDataset', {
        workflowId: flushWorkflowId(name, flush),
        args: [input],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        priority,
        staticSummary: `flush ${flush} of the queue ${name}: ${items} items`,
      });
      const noteEnd = (): void => void this.ended.add(flush);
      child.result().then(noteEnd, noteEnd);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }

  #ref() {
    return { output: this.settings.output, workflowId: workflowInfo().workflowId };
  }

  #set(state: QueueState): void {
    this.#state = state;
    const page = renderQueuePage(state, Date.now());
    const tags = { queue: page.name };
    depth.set(page.depth.items, tags);
    oldest.set((page.oldestMs ?? 0) / 1000, tags);
    setCurrentDetails(renderQueueDetails(page, Date.now()));
  }

  choose(): FlushChoice | null {
    return chooseFlush(this.state, Date.now());
  }
}
