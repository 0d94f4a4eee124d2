// The kinds of messages that a receiver of a job can get, and what a job says of its receiver.

export const webhookEvents = ['job.ended', 'job.paused', 'job.resumed', 'batch.collected'] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

/** Of a job that names none: a receiver gets a further kind only if its job asks for it. */
export const defaultEvents: readonly WebhookEvent[] = ['job.ended'];

/** Of a job. */
export interface WebhookSpec {
  readonly url: string;
  readonly events: readonly WebhookEvent[];
}

export interface WithReceiver {
  /** Who gets messages of the job. Absent: nobody. */
  readonly webhook?: WebhookSpec;
}
