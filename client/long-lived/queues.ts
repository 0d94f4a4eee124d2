// Queues: adding items, showing what waits, and what a person changes. A queue is one workflow, which the first item starts.

import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  WithStartWorkflowOperation,
  type Workflow,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure, type UpdateDefinition } from '@temporalio/common';
import type { QueuePage } from '../../domain/queue/page.ts';
import { queueIdPrefix } from '../../domain/queue/state.ts';
import type { Queue } from '../../input/queue/schema.ts';
import {
  type Added,
  type AddInput,
  addUpdate,
  drainUpdate,
  flushUpdate,
  pauseQueueUpdate,
  queueQuery,
  removeUpdate,
  resumeQueueUpdate,
  retryFlushUpdate,
} from '../../workflows/queue/messages.ts';
import { askWorkflow, type WaitOptions } from '../worker-answer.ts';

/** With a reference, only the path enters Temporal's history. */
export interface QueueReference {
  /** A path below the data root, or the uri of a file in a bucket. */
  readonly queue: string;
}

export class QueueNotOpen extends Error {
  override readonly name = 'QueueNotOpen';
  constructor(queue: string) {
    super(`found no open queue ${queue}: add an item with its queue file to open it`);
  }
}

/** The queue was to be opened, and its file is refused. */
export class QueueRefused extends Error {
  override readonly name = 'QueueRefused';
}

/** A queue that continues as a new run takes nothing for a moment. */
const againMs = 200;
const triesMax = 50;

export class Queues {
  readonly #client: Client;
  readonly #taskQueue: string;

  constructor(client: Client, taskQueue: string) {
    this.#client = client;
    this.#taskQueue = taskQueue;
  }

  /**
   * Resolves when the items that are right are durable. An item that comes again under its id is dropped. `queue` starts the queue if it is not
   * open; without it, the queue must be open.
   */
  async add(name: string, input: AddInput, queue?: Queue | QueueReference): Promise<Added> {
    const add = (): Promise<Added> =>
      queue === undefined ? this.#update(name, addUpdate, input) : this.#addOrStart(name, input, queue);
    for (let tries = 1; ; tries += 1) {
      try {
        return await add();
      } catch (error) {
        if (!isTryAgain(error) || tries === triesMax) throw await this.#explainEnd(name, error);
        await sleep(againMs);
      }
    }
  }

  /** An update that was waiting when its queue ended says nothing of the reason. */
  async #explainEnd(name: string, error: unknown): Promise<unknown> {
    if (readFailureType(error) !== 'AcceptedUpdateCompletedWorkflow') return error;
    const { status, runId } = await this.#handle(name).describe();
    if (status.name !== 'FAILED') return error;
    const ended = this.#client.workflow.getHandle(`${queueIdPrefix}${name}`, runId);
    const end: unknown = await ended.result().catch((why: unknown) => why);
    const failure = end instanceof WorkflowFailedError && end.cause instanceof ApplicationFailure ? end.cause : null;
    return failure === null ? error : new QueueRefused(failure.message);
  }

  /** Rejects if no worker answers in time. A queue that has ended shows how it was at its end. */
  page(name: string, options?: WaitOptions): Promise<QueuePage> {
    return this.#orMissing(name, () =>
      askWorkflow(this.#client, this.#handle(name), (handle) => handle.query(queueQuery), options),
    );
  }

  /** Takes an item out that waits. Rejects if none with that id waits. */
  remove(name: string, id: string | number): Promise<QueuePage> {
    return this.#update(name, removeUpdate, { id });
  }

  /** Flushes everything that waits now. */
  flush(name: string): Promise<QueuePage> {
    return this.#tell(name, flushUpdate);
  }

  pause(name: string): Promise<QueuePage> {
    return this.#tell(name, pauseQueueUpdate);
  }

  resume(name: string): Promise<QueuePage> {
    return this.#tell(name, resumeQueueUpdate);
  }

  /** The queue takes nothing more, flushes everything, and ends when all flushes have ended. */
  drain(name: string): Promise<QueuePage> {
    return this.#tell(name, drainUpdate);
  }

  /** Starts the job of a failed flush again. */
  retry(name: string, flush: number): Promise<QueuePage> {
    return this.#update(name, retryFlushUpdate, { flush });
  }

  #addOrStart(name: string, input: AddInput, queue: Queue | QueueReference): Promise<Added> {
    const startWorkflowOperation = new WithStartWorkflowOperation('processQueue', {
      workflowId: `${queueIdPrefix}${name}`,
      taskQueue: this.#taskQueue,
      args: [queue],
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: `the queue ${name}`,
    });
    return this.#client.workflow.executeUpdateWithStart<Workflow, Added, [AddInput]>(addUpdate, {
      args: [input],
      startWorkflowOperation,
    });
  }

  #update<Answer, Input>(name: string, update: UpdateDefinition<Answer, [Input]>, input: Input): Promise<Answer> {
    return this.#orMissing(name, () => this.#handle(name).executeUpdate(update, { args: [input] }));
  }

  #tell(name: string, update: UpdateDefinition<QueuePage, []>): Promise<QueuePage> {
    return this.#orMissing(name, () => this.#handle(name).executeUpdate(update));
  }

  async #orMissing<Answer>(name: string, ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      throw new QueueNotOpen(name);
    }
  }

  #handle(name: string) {
    return this.#client.workflow.getHandle(`${queueIdPrefix}${name}`);
  }
}

const isTryAgain = (error: unknown): boolean => readFailureType(error) === 'try_again';

/** Null if no update failed. */
const readFailureType = (error: unknown): string | null =>
  error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure
    ? (error.cause.type ?? null)
    : null;
