// Sends one requests file in a process of its own, and prints the most memory that it held on the way.

import { statSync } from 'node:fs';
import { submissionKey } from '../../../../domain/ids.ts';
import { noBuckets } from '../../../../providers/bucket.ts';
import type { Submission } from '../../../../providers/provider.ts';
import { anthropic } from '../../../../providers/vendors/anthropic/index.ts';
import { gemini } from '../../../../providers/vendors/gemini/index.ts';
import { openai } from '../../../../providers/vendors/openai/index.ts';
import { measureHeld } from '../../../support/held-memory.ts';

const [vendor, baseUrl, path] = process.argv.slice(2);
if (vendor === undefined || baseUrl === undefined || path === undefined) throw new Error('vendor, base URL and path');
const file = { path: async () => path, name: 'a.jsonl', bytes: statSync(path).size, items: 1 };
const submission: Submission = {
  fileId: null,
  key: submissionKey('0'.repeat(32)),
  prefix: '0'.repeat(8),
  model: 'm',
  endpoint: '/v1/messages',
  items: 1,
  since: 0,
  until: 0,
  isOwnedByOther: async () => false,
};
/** Collecting garbage takes time: it is done every so many bytes. */
const measureEvery = 10 * 1024 * 1024;
// The SDKs are loaded before anything is measured: what they hold is not what an upload holds.
await Promise.all([import('openai'), import('@anthropic-ai/sdk')]);
let moved = 0;
let measuredAt = 0;
let heldMax = measureHeld();
const count = (bytes: number): void => {
  moved += bytes;
  if (moved - measuredAt < measureEvery) return;
  measuredAt = moved;
  heldMax = Math.max(heldMax, measureHeld());
};
const ctx = { signal: AbortSignal.timeout(60_000), moved: count };
if (vendor === 'gemini') {
  await gemini.make({ apiKey: 'k', baseUrl }, noBuckets).upload(file, submission, ctx);
} else if (vendor === 'openai') {
  await openai.make({ apiKey: 'k', baseUrl, region: null }, noBuckets).upload(file, submission, ctx);
} else {
  await anthropic
    .make({ apiKey: 'k', baseUrl, region: null }, noBuckets)
    .create({ fileId: null }, file, submission, ctx);
}
process.stdout.write(JSON.stringify({ moved, heldMb: heldMax / 1024 ** 2 }));
