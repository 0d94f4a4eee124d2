// The emulator as a program of its own: how it starts and stops, and that a large upload does not stay in memory.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createControl } from '../../emulator/server/control.ts';
import { startEmulator } from '../../emulator/server/start.ts';
import { spawnGuarded } from '../../scripts/tools/guard.ts';
import { chatLine, createFrom, openaiClient } from './harness.ts';

const main = join(import.meta.dirname, '../../emulator/main.ts');
const megabyte = 1024 * 1024;

test('prints its address as one JSON line, takes options and stops on SIGTERM without leaving files', async () => {
  const { child, url, dataDir } = await start({ seed: 3, clock: 'manual' });
  expect((await createControl(url).options()).seed).toBe(3);
  expect(readdirSync(dataDir)).toHaveLength(1);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(readdirSync(dataDir)).toEqual([]);
});

test('listens on this machine alone, and at all addresses when told to', async () => {
  const outside = '127.0.0.2';
  const reached = (url: string): Promise<boolean> =>
    fetch(url.replace('127.0.0.1', outside)).then(
      () => true,
      () => false,
    );
  expect(await reached((await start({})).url)).toBe(false);
  expect(await reached((await start({}, ['--host', '0.0.0.0'])).url)).toBe(true);
});

test('leaves no files when its port is taken', async () => {
  const { url, dataDir } = await start({});
  const second = startEmulator({ port: Number(new URL(url).port), dataDir });
  await expect(second).rejects.toThrow(/EADDRINUSE/);
  expect(readdirSync(dataDir)).toHaveLength(1);
});

test('takes in, validates, runs and gives back 200 MB in little memory', { timeout: 60_000 }, async () => {
  const { child, url } = await start({ validateMs: 0, runMs: 0, finalizeMs: 0, clock: 'manual' });
  const openai = openaiClient(`${url}/v1`);
  const before = memory(child);
  const fileId = await uploadLarge(url, 195 * megabyte);
  const { id } = await createFrom(openai, fileId);
  const batch = await openai.batches.retrieve(id);
  expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 45_000, completed: 45_000 } });
  let bytes = 0;
  const reply = await openai.files.content(batch.output_file_id ?? '');
  for await (const chunk of reply.body ?? []) bytes += chunk.length;
  expect(bytes).toBeGreaterThan(20 * megabyte);
  expect(memory(child) - before).toBeLessThan(180 * megabyte);
});

async function start(
  options: object,
  more: readonly string[] = [],
): Promise<{ child: ChildProcess; url: string; dataDir: string }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'emulator-test-'));
  const args = [main, '--options', JSON.stringify(options), '--data', dataDir, ...more];
  const child = spawnGuarded(process.execPath, args);
  child.stderr.pipe(process.stderr, { end: false });
  onTestFinished(async () => {
    if (child.exitCode === null && child.kill('SIGTERM')) await once(child, 'exit');
    rmSync(dataDir, { recursive: true, force: true });
  });
  const [line] = await once(child.stdout, 'data');
  return { child, url: JSON.parse(String(line)).url, dataDir };
}

/** The most memory the process ever had; only Linux tells. */
function memory({ pid }: ChildProcess): number {
  if (process.platform !== 'linux') return 0;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

async function uploadLarge(url: string, bytes: number): Promise<string> {
  const boundary = 'emulator-test-boundary';
  const headers = { authorization: 'Bearer sk-test', 'content-type': `multipart/form-data; boundary=${boundary}` };
  const sent = httpRequest(`${url}/v1/files`, { method: 'POST', headers });
  const replied = once(sent, 'response');
  await pipeline(Readable.from(multipart(boundary, bytes)), sent);
  const [response] = await replied;
  const chunks = await response.toArray();
  return JSON.parse(Buffer.concat(chunks).toString('utf8')).id;
}

function* multipart(boundary: string, bytes: number): Generator<Buffer> {
  const disposition = 'Content-Disposition: form-data; name=';
  yield Buffer.from(`--${boundary}\r\n${disposition}"purpose"\r\n\r\nbatch\r\n`);
  yield Buffer.from(
    `--${boundary}\r\n${disposition}"file"; filename="big.jsonl"\r\nContent-Type: application/jsonl\r\n\r\n`,
  );
  const lines = 45_000;
  const text = 'x'.repeat(Math.floor(bytes / lines) - 200);
  const perChunk = 500;
  for (let from = 0; from < lines; from += perChunk) {
    const chunk = Array.from({ length: perChunk }, (_, at) =>
      JSON.stringify(chatLine(`row-${from + at}`, `${from + at} ${text}`)),
    );
    yield Buffer.from(`${chunk.join('\n')}\n`);
  }
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}
