// Another person's batch in the same Anthropic workspace: it has as many requests as one of the job's own, and nothing else tells them apart
// before it ends.

import { expect } from 'vitest';
import type { Cell } from './cell.ts';

export async function startStrangersBatch(at: Cell, items: number): Promise<void> {
  const requests = Array.from({ length: items }, (_, index) => ({
    custom_id: `stranger-${index}`,
    params: { model: 'claude-haiku-4-5', max_tokens: 16, messages: [{ role: 'user', content: `hello ${index}` }] },
  }));
  const reply = await fetch(`${at.env.ANTHROPIC_BASE_URL}/v1/messages/batches`, {
    method: 'POST',
    headers: { 'x-api-key': 'stranger', 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
    body: JSON.stringify({ requests }),
  });
  expect(reply.status).toBe(200);
}
