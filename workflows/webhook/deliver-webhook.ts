// Delivers one message, however long its receiver is down. If it fails, it is a dead letter: Temporal's list of failed workflows of this type has
// them, and starting it again under its id delivers the message again.

import { ApplicationFailure } from '@temporalio/common';
import { sleep } from '@temporalio/workflow';
import { computeRetryDelay, deliveryDaysMax, deliveryMsMax } from '../../domain/webhook/attempts.ts';
import type { CollectedNotice, WebhookMessage } from '../../domain/webhook/message.ts';
import { promptCall } from '../proxies.ts';

export async function deliverWebhook(given: WebhookMessage | CollectedNotice): Promise<void> {
  const startedAt = Date.now();
  const message =
    'body' in given ? given : await promptCall('read what the batches brought', deliveryMsMax).writeCollected(given);
  for (let attempts = 1; ; attempts += 1) {
    const attempted = await promptCall('send the message to its receiver', deliveryMsMax).postWebhook(message);
    if (attempted.kind === 'taken') return;
    const waitMs = attempted.kind === 'gone' ? null : computeRetryDelay(attempts, attempted.afterMs);
    if (waitMs === null || Date.now() + waitMs - startedAt > deliveryMsMax) {
      const when = waitMs === null ? '' : ` within ${deliveryDaysMax} days`;
      throw ApplicationFailure.nonRetryable(`not delivered${when}: ${attempted.why}`, 'webhook_undelivered');
    }
    await sleep(waitMs, { summary: `${attempted.why}: try again` });
  }
}
