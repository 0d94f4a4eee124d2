// Webhooks that were not delivered: lists them, and delivers them again. They are Temporal's failed workflows, for as long as it keeps them.

import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { readInnermostMessage } from '../../domain/innermost-message.ts';
import type { WebhookMessage } from '../../domain/webhook/message.ts';

export interface DeadLetter {
  /** For `redeliver`. */
  readonly id: string;
  readonly job: string;
  readonly url: string;
  readonly reason: string;
  readonly givenUpAt: string | null;
}

const workflowType = 'deliverWebhook';

export class Webhooks {
  readonly #client: Client;
  readonly #taskQueue: string;

  constructor(client: Client, taskQueue: string) {
    this.#client = client;
    this.#taskQueue = taskQueue;
  }

  async *deadLetters(): AsyncGenerator<DeadLetter> {
    const query = `WorkflowType = '${workflowType}' AND ExecutionStatus = 'Failed'`;
    for await (const { workflowId, runId, closeTime } of this.#client.workflow.list({ query })) {
      const handle = this.#client.workflow.getHandle(workflowId, runId);
      // One that was delivered again since is not dead.
      if ((await this.#client.workflow.getHandle(workflowId).describe()).runId !== runId) continue;
      const failure: unknown = await handle.result().catch((error: unknown) => error);
      const { url } = await this.#readMessage(workflowId, runId);
      yield {
        id: workflowId,
        job: workflowId.slice(0, workflowId.lastIndexOf('/webhook/')),
        url,
        reason: failure instanceof Error ? readInnermostMessage(failure) : '',
        givenUpAt: closeTime?.toISOString() ?? null,
      };
    }
  }

  /** Under its old id, so that a receiver that has it already drops it. Rejects if it is being delivered, or was delivered. */
  async redeliver(id: string): Promise<void> {
    const message = await this.#readMessage(id);
    await this.#client.workflow.start(workflowType, {
      workflowId: id,
      taskQueue: this.#taskQueue,
      args: [message],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      staticSummary: 'tells a receiver again',
    });
  }

  async #readMessage(id: string, runId?: string): Promise<WebhookMessage> {
    const { events } = await this.#client.workflow.getHandle(id, runId).fetchHistory();
    const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    if (payload === undefined) throw new Error(`${id} is not a webhook`);
    return defaultPayloadConverter.fromPayload<WebhookMessage>(payload);
  }
}
