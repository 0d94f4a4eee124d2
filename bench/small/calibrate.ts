// A fixed piece of work of the kind that a job does with each row. Its CPU time says how fast this machine is at this moment.

import { createHash } from 'node:crypto';

const rounds = 4_000;
const line = JSON.stringify({
  id: 'ticket-000000001',
  messages: [{ role: 'user', content: 'The quick brown fox jumps over the lazy dog. '.repeat(20) }],
});

/** CPU time of one round in microseconds. */
export function calibrate(): number {
  const before = process.cpuUsage();
  let bytes = 0;
  for (let round = 0; round < rounds; round += 1) {
    const text = JSON.stringify({ ...JSON.parse(line), round });
    const buffer = Buffer.from(text);
    bytes += createHash('sha256').update(buffer).digest().length + buffer.indexOf(0x0a);
  }
  const { user, system } = process.cpuUsage(before);
  if (bytes !== rounds * 31) throw new Error('the calibration did something else');
  return (user + system) / rounds;
}
