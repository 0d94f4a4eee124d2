// The thread that hashes: it receives the texts of many keys together, and returns their digests in the same order.

import { hash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { type KeyJob, keyBytes } from './key-hasher.ts';

parentPort?.on('message', (job: KeyJob) => {
  const { texts, ends, digests } = job;
  let from = 0;
  for (const [index, end] of ends.entries()) {
    digests.set(hash('sha256', texts.subarray(from, end), 'buffer').subarray(0, keyBytes), index * keyBytes);
    from = end;
  }
  parentPort?.postMessage(job, [texts.buffer, ends.buffer, digests.buffer]);
});
