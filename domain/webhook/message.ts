// The messages that receivers get: their kinds, their ids and what is in them. No message has a row, a prompt or an answer.

export const webhookEvents = ['job.ended'] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

/** Of a job. */
export interface WebhookSpec {
  readonly url: string;
  readonly events: readonly WebhookEvent[];
}

export interface WithReceiver {
  /** Who gets a message when the job ends. Absent: nobody. */
  readonly webhook?: WebhookSpec;
}

export interface WebhookMessage {
  /** The same at each attempt, so that a receiver can drop what it has. In the order of time. */
  readonly id: string;
  readonly url: string;
  /** The exact text that is sent and signed. */
  readonly body: string;
}

export interface JobEnd {
  readonly job: string;
  readonly run: string;
  readonly state: 'completed' | 'cancelled' | 'failed';
  /** The next fields are null if the job ended without a report. */
  readonly verdict: string | null;
  readonly answered: number | null;
  readonly failed: number | null;
  readonly usd: number | null;
  readonly results: string | null;
  readonly report: string | null;
}

const timeDigits = 12;

/** `mark` keeps apart what happens at the same instant: hex digits. */
const nameMessage = (at: number, mark: string): string => `msg_${at.toString(16).padStart(timeDigits, '0')}${mark}`;

export function describeJobEnd(url: string, end: JobEnd, at: number, mark: string): WebhookMessage {
  const type: WebhookEvent = 'job.ended';
  const body = JSON.stringify({ type, timestamp: new Date(at).toISOString(), data: end });
  return { id: nameMessage(at, mark), url, body };
}
