// Answers the updates, signals and the query of a queue.

import { setHandler } from '@temporalio/workflow';
import type { QueueState } from '../../domain/queue/state.ts';
import {
  addUpdate,
  drainUpdate,
  flushSignal,
  flushUpdate,
  pauseQueueUpdate,
  queueQuery,
  removeUpdate,
  resumeQueueUpdate,
  retryFlushUpdate,
} from './messages.ts';
import type { QueueRun } from './queue-run.ts';
import { checkAdd, checkFlush, checkId, mustTakeItems } from './update-checks.ts';

export function registerQueueHandlers(queue: QueueRun): void {
  setHandler(addUpdate, (input) => queue.add(input), {
    description:
      'Add items: {items: [up to 100]} or {uri: a file of the store}, and urgent: true for those that must not wait.',
    validator: (input) => {
      mustTakeItems(queue.mode, queue.isClosing);
      checkAdd(input);
    },
  });
  setHandler(removeUpdate, ({ id }) => queue.remove(id), {
    description: 'Take an item out before it is flushed: {id}.',
    validator: (input) => checkId(input),
  });
  setHandler(retryFlushUpdate, ({ flush }) => queue.untilOpen().then(() => queue.jobs.retry(flush)), {
    description: 'Start the job of a failed flush again: {flush}.',
    validator: (input) => checkFlush(input),
  });
  const change = (change: (state: QueueState) => QueueState) => async () => {
    await queue.untilOpen();
    return queue.change(change);
  };
  const flushAll = change((state) => ({ ...state, flushUntil: Date.now() }));
  setHandler(flushUpdate, flushAll, { description: 'Flush everything that waits now.' });
  setHandler(flushSignal, () => void flushAll(), { description: 'From a schedule: flush everything that waits now.' });
  setHandler(
    pauseQueueUpdate,
    change((state) => ({ ...state, mode: 'paused' })),
    { description: 'Flush nothing until the queue is resumed. It still takes items.' },
  );
  setHandler(
    resumeQueueUpdate,
    change((state) => ({ ...state, mode: 'open' })),
    { description: 'Flush again after a pause.' },
  );
  setHandler(
    drainUpdate,
    change((state) => ({ ...state, mode: 'draining' })),
    { description: 'Take nothing more, flush everything, and end when all flushes have ended.' },
  );
  setHandler(queueQuery, () => queue.page(), {
    description: 'How much waits and since when, what comes next, and the last flushes.',
  });
}
