// Delivers one message, however long its receiver is down. If it fails, it is a dead letter: Temporal's list of failed workflows of this type has
// them, and starting it again under its id delivers the message again.

import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.ts';
import type { WebhookMessage } from '../../domain/webhook/message.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const daysMax = 3;

const { postWebhook } = proxyActivities<Activities>({
  startToCloseTimeout: minuteMs,
  scheduleToCloseTimeout: daysMax * dayMs,
  // A receiver that was down for an hour gets everything a quarter of an hour after it is back, at the latest.
  retry: { initialInterval: '5s', backoffCoefficient: 2, maximumInterval: '15m' },
  summary: 'send the message to its receiver',
});

export async function deliverWebhook(message: WebhookMessage): Promise<void> {
  try {
    await postWebhook(message);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    const why = error.cause instanceof Error ? error.cause.message : 'no answer';
    throw ApplicationFailure.nonRetryable(`not delivered within ${daysMax} days: ${why}`, 'webhook_undelivered');
  }
}
