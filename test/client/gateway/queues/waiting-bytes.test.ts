// The memory of the intake: what is too much is refused, and what a call took is free when it ends, however it ends.

import { expect, test } from 'vitest';
import { WaitingBytes } from '../../../../client/gateway/queues/waiting-bytes.ts';

const tooMany = { code: 'too_many_requests', retryAfter: 1 };

test('bytes are taken until the call ends', async () => {
  const waiting = new WaitingBytes(100);
  const end = Promise.withResolvers<void>();
  const first = waiting.during(async (take) => {
    take(40);
    take(40);
    await end.promise;
  });
  await expect(waiting.during(async (take) => take(21))).rejects.toMatchObject(tooMany);
  await waiting.during(async (take) => take(20));
  end.resolve();
  await first;
  await waiting.during(async (take) => take(100));
});

test('a call that fails gives back what it took', async () => {
  const waiting = new WaitingBytes(100);
  const failing = waiting.during(async (take) => {
    take(60);
    take(60);
  });
  await expect(failing).rejects.toMatchObject(tooMany);
  await expect(waiting.during(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  await waiting.during(async (take) => take(100));
});
