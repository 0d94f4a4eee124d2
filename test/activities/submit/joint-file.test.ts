// What is uploaded if rows share requests: their inputs in row order, in as few requests as allowed, the same bytes each time.

import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { upload } from '../../../activities/submit/upload.ts';
import type { RequestFile, Submission } from '../../../providers/provider.ts';
import { jointFolder } from '../joint-folder.ts';
import { jobRef, quietEnvironment } from '../plan/planning.ts';
import { provider, wholeDeps } from '../whole-job.ts';

interface Sent extends Omit<RequestFile, 'path'> {
  readonly text: string;
  /** The size of the batch that a search looks for. */
  readonly searched: number;
}

async function uploaded(rows: number): Promise<{ sent: Sent; again: Sent; left: readonly string[] }> {
  const folder = await jointFolder(rows, 10);
  await folder.run();
  const [planned] = folder.lines<{ bytes: number; requestsCrc32: string; items: number }>('plan/wave-1/manifest.jsonl');
  const { bytes = 0, requestsCrc32: crc32 = '', items = 0 } = planned ?? {};
  const ref = { ...jobRef, wave: 1, batch: 1, ordinal: 0, items, bytes, crc32, model: 'm', endpoint: '/v1/embeddings' };
  const files: Sent[] = [];
  const keeping = {
    ...provider,
    upload: async ({ path, ...file }: RequestFile, { items: searched }: Submission) => {
      files.push({ ...file, searched, text: await readFile(await path(AbortSignal.timeout(1000)), 'utf8') });
      return { fileId: 'file' };
    },
  };
  const before = readdirSync(folder.root);
  for (const _ of [1, 2]) {
    await quietEnvironment().run(() => upload({ ...wholeDeps(folder), provider: () => keeping }, ref));
  }
  const left = readdirSync(folder.root).filter((name) => !before.includes(name));
  const [sent, again] = files;
  if (sent === undefined || again === undefined) throw new Error('nothing was uploaded');
  return { sent, again, left };
}

test.each([
  [25, [10, 10, 5]],
  [10, [10]],
  [1, [1]],
])('%d rows make requests of %j inputs', async (rows, inputs) => {
  const { sent, again, left } = await uploaded(rows);
  const lines = sent.text.trimEnd().split('\n');
  const requests = lines.map((line): { custom_id: string; body: { input: string[] } } => JSON.parse(line));
  expect(requests.map(({ body }) => body.input.length)).toEqual(inputs);
  expect(requests.flatMap(({ body }) => body.input)).toEqual(
    Array.from({ length: rows }, (_, index) => `text ${index + 1}`),
  );
  expect(requests[0]).toMatchObject({
    method: 'POST',
    url: '/v1/embeddings',
    body: { model: 'priced', dimensions: 2 },
  });
  expect(sent).toMatchObject({ items: inputs.length, searched: inputs.length, bytes: Buffer.byteLength(sent.text) });
  expect(again).toEqual(sent);
  expect(left).toEqual([]);
});
