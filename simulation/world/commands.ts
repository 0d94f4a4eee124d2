// Gives a person's commands to a running job, as the client does. A refusal also counts as an answer.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { Command } from '../script/script.ts';

const checkMs = 50;
/** So many checks in a row show that the workflows have done what a command made them do. */
const quietChecks = 1;
/** After so many, a command without an answer is no longer awaited: it may need an activity that waits for this command. */
const unansweredChecks = 20;
/** Only a server that hangs needs so many. */
const checksMax = 1_200;
/** Stands for a workflow task that waits or runs. */
const busy = '*';

export class Commands {
  readonly #client: Client;
  readonly #taskQueue: string;
  readonly #name: string;
  /** The commands that are being given. */
  readonly #given = new Set<Promise<void>>();
  /** The batches and segments of the job so far. */
  parts: () => ReadonlySet<string> = () => new Set();
  /** Workflows that ran this job: a job that takes over has an id of its own. */
  readonly workflowIds: string[] = [];

  constructor(client: Client, taskQueue: string, name: string) {
    this.#client = client;
    this.#taskQueue = taskQueue;
    this.#name = name;
  }

  get output(): string {
    return `runs/${this.#name}/`;
  }

  /** The workflow that runs the job now. */
  get handle(): WorkflowHandle {
    return this.#client.workflow.getHandle(this.workflowIds.at(-1) ?? this.#name);
  }

  async start(input: unknown): Promise<void> {
    const takeovers = this.workflowIds.length;
    const workflowId = takeovers === 0 ? this.#name : `${this.#name}.${takeovers}`;
    await this.#client.workflow.start('processDataset', {
      workflowId,
      taskQueue: this.#taskQueue,
      args: [input],
      workflowExecutionTimeout: '90 days',
    });
    this.workflowIds.push(workflowId);
  }

  /** Whether a command is being given: the job may begin again. */
  get isGiving(): boolean {
    return this.#given.size > 0;
  }

  /**
   * Resolves when every command has reached its workflows. The server that skips time cannot cancel an activity that ends in the same moment,
   * so activities end before or after a command.
   */
  async awaitGiven(): Promise<void> {
    while (this.isGiving) await Promise.all(this.#given);
  }

  async give(command: Command): Promise<string> {
    const given = Promise.withResolvers<void>();
    this.#given.add(given.promise);
    try {
      const answer = await this.#giveInTime(command);
      await this.#awaitQuiet(quietChecks);
      return answer;
    } finally {
      this.#given.delete(given.promise);
      given.resolve();
    }
  }

  /**
   * Resolves when no workflow of the job has had a task or has written history in so many checks in a row, or when `isOver`. Each check asks the
   * server that the workflows wait for, so that a slow machine makes the checks slower too.
   */
  async #awaitQuiet(checks: number, isOver = () => false): Promise<void> {
    let before = await this.#measureHistories();
    let quiet = 0;
    for (let checked = 0; quiet < checks && checked < checksMax && !isOver(); checked += 1) {
      await delay(checkMs);
      const now = await this.#measureHistories();
      quiet = now === before && !now.includes(busy) ? quiet + 1 : 0;
      before = now;
    }
  }

  async #measureHistories(): Promise<string> {
    const ids = this.workflowIds.flatMap((id) => [id, ...[...this.parts()].map((part) => `${id}/${part}`)]);
    const measure = async (id: string): Promise<string> => {
      const { historyLength, raw } = await this.#client.workflow.getHandle(id).describe();
      return `${historyLength}${raw.pendingWorkflowTask == null ? '' : busy}`;
    };
    return (await Promise.all(ids.map((id) => measure(id).catch(() => '')))).join();
  }

  async #giveInTime(command: Command): Promise<string> {
    let isOver = false;
    const answer = this.#give(command)
      .catch((error: unknown) => {
        const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
        return `refused (${error instanceof Error ? error.message : String(error)}${cause})`;
      })
      .finally(() => {
        isOver = true;
      });
    const unanswered = this.#awaitQuiet(unansweredChecks, () => isOver).then(() => 'no answer yet');
    return `${command.name}: ${await Promise.race([answer, unanswered])}`;
  }

  async #give(command: Command): Promise<string> {
    switch (command.name) {
      case 'pause':
      case 'resume':
        return this.#update(command.name);
      case 'setBudget':
        return this.#update(command.name, { usd: command.usd });
      case 'setDeadline':
        return this.#update(command.name, command.change);
      case 'setConcurrency':
        return this.#update(command.name, { concurrency: command.concurrency });
      case 'retryFailed':
        return this.#update(command.name, command.reasons === null ? undefined : { reasons: command.reasons });
      case 'cancel':
        await this.handle.cancel();
        return 'asked';
      case 'terminate child':
        await this.#child(command.child).terminate('simulation');
        return 'done';
      case 'cancel child':
        await this.#child(command.child).cancel();
        return 'asked';
      case 'terminate and resume':
        await this.handle.terminate('simulation');
        await this.start({ resumeFrom: this.output });
        return 'done';
      case 'reset':
        return this.#reset(command.share);
    }
  }

  /** Resets to one of the completed workflow tasks. */
  async #reset(share: number): Promise<string> {
    const { runId, workflowId } = await this.handle.describe();
    const { events } = await this.handle.fetchHistory();
    const tasks = (events ?? []).filter(({ workflowTaskCompletedEventAttributes: task }) => task != null);
    const event = tasks[Math.min(tasks.length - 1, Math.floor(share * tasks.length))];
    await this.#client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId, runId },
      reason: 'simulation',
      requestId: randomUUID(),
      workflowTaskFinishEventId: event?.eventId ?? null,
    });
    return `to event ${event?.eventId}`;
  }

  #child(part: string): WorkflowHandle {
    return this.#client.workflow.getHandle(`${this.workflowIds.at(-1)}/${part}`);
  }

  async #update(name: string, input: unknown = {}): Promise<string> {
    await this.handle.executeUpdate<unknown, [unknown]>(name, { args: [input] });
    return 'done';
  }
}
