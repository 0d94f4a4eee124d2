// The worked example of docs/adding-a-provider.md: it is what the page shows, and it works.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ownVendors } from '../../../providers/registry.ts';
import { projectRoot } from '../../../scripts/tools/cache.ts';
import { catchError, collectOutcomes, context, requireEmulated, startVendor } from './emulated-vendor.ts';
import { example } from './example/index.ts';

const page = readFileSync(join(projectRoot, 'docs/adding-a-provider.md'), 'utf8');
const emulated = { ...requireEmulated('openai'), entry: example };

describe('a provider with OpenAI’s batch API', () => {
  test.each(['limits.ts', 'faults.ts', 'index.ts'])('%s is on the page, from the place that it would have', (file) => {
    const source = readFileSync(join(import.meta.dirname, 'example', file), 'utf8')
      .replaceAll('../../../../providers/vendors/', '../')
      .replaceAll('../../../../providers/', '../../');
    expect(page).toContain(`\`\`\`ts\n${source}\`\`\`\n`);
  });

  test('answers a batch under its own name, with its own bounds and endpoints', async () => {
    const { provider, prepare, submit, end } = await startVendor(emulated);
    expect(provider).toMatchObject({ name: 'example', limits: { itemsMax: 20_000 } });
    expect(provider.findProblems({ input: 'x' }, '/v1/embeddings')).toEqual([
      'endpoint: batches are built for /v1/chat/completions',
    ]);
    const handle = await submit(await prepare(['a', 'b']));
    await end();
    expect(await collectOutcomes(provider, handle)).toMatchObject([{ kind: 'answer' }, { kind: 'answer' }]);
  });

  test('fails under its own name', async () => {
    const { provider } = await startVendor(emulated, { calls: { '*': { status: 429 } } });
    const error = await catchError(provider.poll({ id: 'some', createdAt: 0, fileId: null }, context()));
    expect(error).toMatchObject({ provider: 'example', facts: { fault: 'rate_limited' } });
  });
});

/** Only some vendors upload, share OpenAI's form of batches, give results one by one, use a bucket, or list files in a way of their own. */
const optional = ['credentials.ts', 'upload.ts', 'form.ts', 'results.ts', 'objects.ts', 'measure.ts'];

test('every vendor of the registry has the files that the page lists, and no other', () => {
  const table = page.slice(page.indexOf('## The vendor'), page.indexOf('### Creating and finding'));
  const files = [...table.matchAll(/^\| `([\w-]+\.ts)`/gm)].map((match) => match[1] ?? '');
  expect(files.length).toBeGreaterThan(12);
  const folders = ownVendors.map((name) => join(projectRoot, 'providers', 'vendors', name));
  for (const folder of folders) {
    const there = readdirSync(folder);
    expect(there.filter((file) => !files.includes(file))).toEqual([]);
    // A profile of another vendor's API has no connection of its own, and none of the methods.
    const needed = there.includes('client.ts')
      ? files.filter((file) => !optional.includes(file))
      : ['index.ts', 'limits.ts', 'faults.ts'];
    expect(needed.filter((file) => !there.includes(file))).toEqual([]);
  }
});
