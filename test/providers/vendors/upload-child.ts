// Sends one requests file in a process of its own, and prints the most memory that it took.

import { statSync } from 'node:fs';
import { submissionKey } from '../../../domain/ids.ts';
import type { Submission } from '../../../providers/provider.ts';
import { anthropic } from '../../../providers/vendors/anthropic/index.ts';
import { openai } from '../../../providers/vendors/openai/index.ts';

const [vendor, baseUrl, path] = process.argv.slice(2);
if (vendor === undefined || baseUrl === undefined || path === undefined) throw new Error('vendor, base URL and path');
const file = { path, name: 'a.jsonl', bytes: statSync(path).size, items: 1 };
const submission: Submission = {
  key: submissionKey('0'.repeat(32)),
  prefix: '0'.repeat(8),
  endpoint: '/v1/messages',
  items: 1,
  since: 0,
  until: 0,
  isOwnedByOther: async () => false,
};
let moved = 0;
const count = (bytes: number): void => {
  moved += bytes;
};
const ctx = { signal: AbortSignal.timeout(60_000), moved: count };
if (vendor === 'openai') {
  await openai.make({ apiKey: 'k', baseUrl }).upload(file, submission, ctx);
} else {
  await anthropic.make({ apiKey: 'k', baseUrl }).create({ fileId: null }, file, submission, ctx);
}
process.stdout.write(JSON.stringify({ moved, peakMb: process.resourceUsage().maxRSS / 1024 }));
