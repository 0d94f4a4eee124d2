// Signs messages by the Standard Webhooks convention (standardwebhooks.com): HMAC-SHA256 over id, time and text.

import { createHmac } from 'node:crypto';

/** One signature for each secret: while a secret is being replaced, receivers may know either. */
export function signMessage(
  secrets: readonly Buffer[],
  { id, seconds, body }: { readonly id: string; readonly seconds: number; readonly body: string },
): string {
  const text = `${id}.${seconds}.${body}`;
  return secrets.map((secret) => `v1,${createHmac('sha256', secret).update(text).digest('base64')}`).join(' ');
}
