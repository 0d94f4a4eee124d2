// A batch of 200 MB is sent with the memory of a small one: fetch is easily talked into holding a whole body. Measured is what is held, not
// what the process takes from its machine.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const line = `${JSON.stringify({ custom_id: '0'.repeat(32), params: { text: 'x'.repeat(9_940) } })}\n`;
const linesBig = 20_000;
/** A few buffers on their way. The file has 200 MB. */
const growthMbMax = 20;

const folder = await mkdtemp(join(tmpdir(), 'nightshift-memory-'));
const received: { bytes: number; length: string | undefined; sha256: string }[] = [];
const server = createServer((request, response) => {
  const hash = createHash('sha256');
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    hash.update(chunk);
  });
  request.on('end', () => {
    received.push({ bytes, length: request.headers['content-length'], sha256: hash.digest('hex') });
    response.setHeader('content-type', 'application/json');
    // An upload to Gemini begins with a call of its own, which says where the bytes go.
    response.setHeader('x-goog-upload-url', `http://${request.headers.host}/piece`);
    const created = {
      id: 'one',
      file: { name: 'files/one' },
      processing_status: 'in_progress',
      created_at: '2026-11-20T00:00:00Z',
    };
    response.end(JSON.stringify(created));
  });
});

beforeAll(async () => {
  await writeLines('small', 10);
  await writeLines('big', linesBig);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

test.each(['openai', 'anthropic', 'gemini'])('%s', async (vendor) => {
  const small = await send(vendor, 'small');
  const big = await send(vendor, 'big');
  expect(big.moved).toBe(linesBig * line.length);
  // The length is announced: not every edge takes a body of unknown length.
  expect(received.at(-1)?.length).toBe(String(received.at(-1)?.bytes));
  expect(big.heldMb - small.heldMb).toBeLessThan(growthMbMax);
});

test('what Anthropic receives is the file’s requests, as one JSON array', async () => {
  await send('anthropic', 'small');
  const requests = Array<string>(10).fill(line.trimEnd()).join(',');
  const expected = `{"requests":[${requests} ]}`;
  expect(JSON.parse(expected).requests).toHaveLength(10);
  expect(received.at(-1)?.sha256).toBe(createHash('sha256').update(expected).digest('hex'));
});

async function writeLines(name: string, count: number): Promise<void> {
  const file = await open(join(folder, name), 'w');
  for (let written = 0; written < count; written += 10) await file.write(line.repeat(10));
  await file.close();
}

async function send(vendor: string, name: string): Promise<{ moved: number; heldMb: number }> {
  const { port } = server.address() as AddressInfo;
  const script = new URL('upload-child.ts', import.meta.url).pathname;
  const args = [script, vendor, `http://127.0.0.1:${port}`, join(folder, name)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}
