// The jobs of a queue's flushes. They outlive the run that starts them, so the queue looks at them instead of waiting for their results.

import { ApplicationFailure } from '@temporalio/common';
import type { ChildWorkflowOptions } from '@temporalio/workflow';
import type { SeenFlush } from '../../activities/queue/look-at-flushes.ts';
import type { QueueRef } from '../../activities/queue/queue-file.ts';
import { endFlush, isLate, listNewlyLate, markFlush, markLate } from '../../domain/queue/changes.ts';
import type { QueuePage } from '../../domain/queue/page.ts';
import { flushWorkflowId, type QueueState } from '../../domain/queue/state.ts';
import { raiseOnce } from '../alerting.ts';
import { startOutliving } from '../children.ts';
import { shortCall } from '../proxies.ts';

interface FlushOwner {
  readonly state: QueueState;
  readonly ref: QueueRef;
  change(change: (state: QueueState) => QueueState): QueuePage;
}

export class FlushJobs {
  readonly #queue: FlushOwner;
  /** Jobs that this run has started and that have ended, and were not looked at since. */
  readonly ended = new Set<number>();

  constructor(queue: FlushOwner) {
    this.#queue = queue;
  }

  /** A job that runs already, or that has completed, was started by an earlier attempt. */
  start(flush: number, input: unknown, items: number): Promise<void> {
    return this.#start(flush, input, items, 'ALLOW_DUPLICATE_FAILED_ONLY');
  }

  async #start(
    flush: number,
    input: unknown,
    items: number,
    workflowIdReusePolicy: ChildWorkflowOptions['workflowIdReusePolicy'],
  ): Promise<void> {
    const { name, priority } = this.#queue.state.settings;
    const job = await startOutliving('processDataset', {
      workflowId: flushWorkflowId(name, flush),
      args: [input],
      workflowIdReusePolicy,
      priority,
      staticSummary: `flush ${flush} of the queue ${name}: ${items} items`,
    });
    const noteEnd = (): void => void this.ended.add(flush);
    job?.result().then(noteEnd, noteEnd);
  }

  async retry(flush: number): Promise<QueuePage> {
    const open = this.#queue.state.open.find((each) => each.flush === flush && each.failure !== null);
    if (open === undefined) throw ApplicationFailure.nonRetryable(`flush ${flush} has not failed`, 'invalid_update');
    await this.#startAgain(flush, open.items);
    return this.#queue.change((state) => markFlush(state, flush, null));
  }

  async look(flushes: readonly number[]): Promise<void> {
    for (const flush of flushes) this.ended.delete(flush);
    const { name, timing } = this.#queue.state.settings;
    const call = shortCall(timing, 'look how the flushes are doing');
    const seen = await call.lookAtFlushes({ ...this.#queue.ref, name, flushes });
    for (const each of seen) await this.#takeSeen(each);
    this.#noticeLate();
  }

  /** A flush is late as soon as its time is over, and not only when it ends. */
  #noticeLate(): void {
    for (const { flush } of listNewlyLate(this.#queue.state, Date.now())) {
      this.#raise('flush_late', 'a flush is late', flush);
      this.#queue.change((state) => markLate(state, flush));
    }
  }

  #raise(name: 'flush_late' | 'flush_failed', text: string, flush: number): void {
    raiseOnce(name, text, { queue: this.#queue.state.settings.name, flush });
  }

  async #takeSeen(seen: SeenFlush): Promise<void> {
    const open = this.#queue.state.open.find(({ flush }) => flush === seen.flush);
    if (open === undefined || seen.kind === 'running') return;
    if (seen.kind === 'ended') {
      const { kind: _, ...ended } = seen;
      const { last } = this.#queue.change((state) =>
        endFlush(state, { ...ended, items: open.items, endedAt: Date.now() }),
      );
      const wasLate = last[0] !== undefined && isLate(this.#queue.state.settings, last[0]);
      if (wasLate && open.isLate !== true) this.#raise('flush_late', 'a flush was late', seen.flush);
    } else if (seen.kind === 'failed') {
      this.#raise('flush_failed', 'a flush failed', seen.flush);
      this.#queue.change((state) => markFlush(state, seen.flush, seen.message));
    } else {
      await this.#startAgain(seen.flush, open.items);
    }
  }

  /** The job may have sent something: its own folder says how it continues. Whatever had its id before has ended without a report there. */
  async #startAgain(flush: number, items: number): Promise<void> {
    const call = shortCall(this.#queue.state.settings.timing, `find how flush ${flush} continues`);
    const input = await call.findFlushInput({ ...this.#queue.ref, flush });
    await this.#start(flush, input, items, 'ALLOW_DUPLICATE');
  }
}
