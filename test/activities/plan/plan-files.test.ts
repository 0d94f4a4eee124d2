// Files that rows name are sent with them, and a row whose file cannot be sent is refused without its path being quoted.

import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Store, StoreError } from '../../../storage/store.ts';
import { answerLine, errorLine, runWhole } from '../whole-job.ts';
import { type Folder, folderWith } from './planning.ts';

const png = Buffer.from('89504e470d0a1a0a0000', 'hex');
const pdf = Buffer.from('%PDF-1.7\n');
const url = 'data:{{ scan.mediaType }};base64,{{ scan.base64 }}';

async function folderWithScans(scans: readonly unknown[]): Promise<Folder> {
  const rows = scans.map((scan, index) => ({ id: index + 1, ...(scan === undefined ? {} : { scan }) }));
  const folder = await folderWith(rows as never, {
    id: 'id',
    dataset: { uri: 'rows.jsonl', format: 'jsonl', id: 'id', limit: null, files: ['scan'] },
    request: { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] },
  });
  mkdirSync(join(folder.root, 'scans'));
  writeFileSync(join(folder.root, 'scans/secret.dat'), png);
  writeFileSync(join(folder.root, 'scans/b.pdf'), pdf);
  writeFileSync(join(folder.root, 'scans/c.png'), 'no image');
  writeFileSync(join(folder.root, 'scans/large.png'), png);
  truncateSync(join(folder.root, 'scans/large.png'), 20 * 1024 * 1024 + 1);
  return folder;
}

interface Sent {
  readonly body: { readonly messages: readonly { readonly content: readonly { image_url: { url: string } }[] }[] };
}

test('a file is sent as base64 with the type that its bytes show', async () => {
  const folder = await folderWithScans(['scans/secret.dat', 'scans/b.pdf']);
  await folder.run();
  const sent = folder.lines<Record<string, never>>('plan/wave-1/batch-0001.requests.jsonl') as unknown as Sent[];
  expect(sent.map(({ body }) => body.messages[0]?.content[0]?.image_url.url)).toEqual([
    `data:image/png;base64,${png.toString('base64')}`,
    `data:application/pdf;base64,${pdf.toString('base64')}`,
  ]);
});

test.each([
  ['scans/secret.png', /does not exist/],
  ['scans/large.png', /has 20971521 bytes, of 20971520/],
  ['scans/c.png', /is neither an image/],
  ['../secret.png', /is not a file that can be read/],
  [7, /must be named by a text/],
])('%s is refused by row and column', async (scan, why) => {
  const folder = await folderWithScans(['scans/secret.dat', scan]);
  await folder.run();
  const [refused, ...others] = folder.lines('rejects.jsonl');
  expect(others).toEqual([]);
  expect(refused).toMatchObject({ line: 2, reason: 'bad_file', message: expect.stringMatching(why) });
  expect(refused?.message).toContain('line 2: the file in column scan');
  expect(JSON.stringify(refused)).not.toContain('secret');
});

test('a row that names a bucket which does not exist is refused, and the other rows are planned', async () => {
  const folder = await folderWithScans(['scans/b.pdf', 's3://no-such-bucket/a.png']);
  const { store } = folder;
  const head: Store['head'] = (uri, signal) =>
    uri.startsWith('s3:') ? Promise.reject(new StoreError('no_bucket', uri)) : store.head(uri, signal);
  await folder.run({ store: { ...store, head } });
  expect(folder.lines('rejects.jsonl')).toMatchObject([
    { line: 2, reason: 'bad_file', message: 'line 2: the file in column scan is in a bucket that does not exist' },
  ]);
  expect(folder.lines('plan/wave-1/batch-0001.requests.jsonl')).toHaveLength(1);
});

test('a row without a file is the template’s to judge', async () => {
  const folder = await folderWithScans(['scans/b.pdf', undefined]);
  await folder.run();
  expect(folder.lines('rejects.jsonl')).toMatchObject([{ line: 2, reason: 'missing_column' }]);
});

test('a failed row has the path of its file, ready to be sent again', async () => {
  const folder = await folderWithScans(['scans/secret.dat', 'scans/b.pdf']);
  await runWhole(folder, (_, __, items) =>
    items.map(({ customId, row }) => (row === 2 ? errorLine(customId, 400) : answerLine(customId, 'yes'))),
  );
  expect(folder.lines('failures.jsonl')).toMatchObject([{ id: 2, scan: 'scans/b.pdf' }]);
});

test('the other columns of a row with a file keep every digit', async () => {
  const folder = await folderWith('{"id":1,"scan":"b.pdf","account":9007199254740993}\n', {
    id: 'id',
    dataset: { uri: 'rows.jsonl', format: 'jsonl', id: 'id', limit: null, files: ['scan'] },
    request: { messages: '{{ account }}' },
  });
  writeFileSync(join(folder.root, 'b.pdf'), pdf);
  await folder.run();
  expect(folder.text('plan/wave-1/batch-0001.requests.jsonl')).toContain('"messages":9007199254740993');
});

test.each(['7', '9007199254740993'])(
  'a row with a file that is nested too deeply around %s is refused',
  async (inner) => {
    const deep = `${'['.repeat(200_000)}${inner}${']'.repeat(200_000)}`;
    const folder = await folderWith(`{"id":1,"scan":"b.pdf","x":${deep}}\n{"id":2,"scan":"b.pdf","x":1}\n`, {
      id: 'id',
      dataset: { uri: 'rows.jsonl', format: 'jsonl', id: 'id', limit: null, files: ['scan'] },
      request: { messages: '{{ x }}' },
    });
    writeFileSync(join(folder.root, 'b.pdf'), pdf);
    expect((await folder.run()).rows).toMatchObject({ accepted: 1, refused: 1 });
    expect(folder.lines('rejects.jsonl')).toMatchObject([{ line: 1, reason: 'template_failed' }]);
  },
);
