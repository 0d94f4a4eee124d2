// Verifies the signature of an event by the Standard Webhooks convention (standardwebhooks.com): HMAC-SHA256 over id, time and text.

import { createHmac, timingSafeEqual } from 'node:crypto';

export interface SignedEvent {
  readonly id: string | undefined;
  /** Seconds since 1970. */
  readonly timestamp: string | undefined;
  /** Several, with a space between them, while a secret is being replaced. */
  readonly signature: string | undefined;
  readonly body: Buffer;
}

/** `stale`: signed, but its time is too far from now. Somebody may have kept it. */
export type Verdict = 'genuine' | 'forged' | 'stale';

const toleranceSeconds = 300;
/** More signatures than a vendor sends are work for nothing. */
const signaturesMax = 10;
const idCharsMax = 256;

export function verifyEvent(
  { id, timestamp, signature, body }: SignedEvent,
  secrets: readonly Buffer[],
  nowMs: number,
): Verdict {
  if (id === undefined || id === '' || id.length > idCharsMax) return 'forged';
  if (timestamp === undefined || !/^\d{1,12}$/.test(timestamp) || signature === undefined) return 'forged';
  const given = signature.split(' ').slice(0, signaturesMax);
  const wanted = secrets.map((secret) => sign(secret, `${id}.${timestamp}.`, body));
  // Each is compared with each, so that the time does not say which one was nearly right.
  const matches = wanted.flatMap((digest) => given.map((text) => isEqual(digest, text)));
  if (!matches.includes(true)) return 'forged';
  return Math.abs(nowMs / 1000 - Number(timestamp)) <= toleranceSeconds ? 'genuine' : 'stale';
}

const sign = (secret: Buffer, head: string, body: Buffer): Buffer =>
  createHmac('sha256', secret).update(head).update(body).digest();

function isEqual(digest: Buffer, text: string): boolean {
  const given = text.startsWith('v1,') ? Buffer.from(text.slice('v1,'.length), 'base64') : Buffer.alloc(0);
  return given.length === digest.length && timingSafeEqual(given, digest);
}
