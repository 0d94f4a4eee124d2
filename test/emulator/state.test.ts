// An emulator that keeps its state: after a SIGKILL the next one knows what clients were told, and bills nothing twice.

import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { createControl } from '../../emulator/server/control.ts';
import { startEmulator } from '../../emulator/server/start.ts';
import { spawnGuarded } from '../../scripts/tools/guard.ts';
import {
  allDoneMs,
  anthropicClient,
  anthropicResults,
  chatBody,
  chatLine,
  chatLines,
  contentText,
  geminiClient,
  openaiClient,
  parseLines,
  request,
  type Setup,
  setup,
  startMs,
  submit,
} from './harness.ts';

const main = join(import.meta.dirname, '../../emulator/main.ts');
const requests = (count: number) => Array.from({ length: count }, (_, at) => request(`message-${at}`));
const otherLines = (count: number) => Array.from({ length: count }, (_, at) => chatLine(`other-${at}`));

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'emulator-state-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The emulator as a program on the real clock; `kill` ends it as a power cut would. */
async function startProgram(folder: string, options: object) {
  const child = spawnGuarded(process.execPath, [main, '--options', JSON.stringify(options), '--state', folder]);
  child.stderr.pipe(process.stderr, { end: false });
  const gone = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  onTestFinished(kill);
  const [line] = await once(child.stdout, 'data');
  const { url } = JSON.parse(String(line));
  const control = createControl(url);
  const pass = (ms: number) => control.clock({ advanceMs: ms });
  return { control, pass, kill, openai: openaiClient(`${url}/v1`), anthropic: anthropicClient(url) };
}

/** Ends the emulator and starts the next one on its folder. */
async function restart({ emulator }: Setup, folder: string): Promise<Setup> {
  await emulator.close();
  const next = await startEmulator({ clock: 'manual', startMs, stateDir: folder });
  onTestFinished(() => next.close());
  const control = createControl(next.url);
  return {
    emulator: next,
    control,
    openai: openaiClient(next.openaiBaseUrl),
    anthropic: anthropicClient(next.anthropicBaseUrl),
    gemini: geminiClient(next.geminiBaseUrl),
    pass: (ms: number) => control.clock({ advanceMs: ms }),
  };
}

test('after SIGKILL an ended batch is the same to the byte, a running one ends, and nothing is billed twice', async () => {
  const folder = newFolder();
  const options = {
    itemErrors: { rate500: 0.3, failTimes: 0, dropped: 0.1 },
    output: { shuffle: true },
    runMs: 60_000,
  };
  const first = await startProgram(folder, options);
  const { id: ended } = await submit(first, chatLines(200));
  await first.openai.batches.retrieve(ended);
  await expect.poll(async () => (await first.openai.batches.retrieve(ended)).status).toBe('in_progress');
  await first.pass(70_000);
  const told = await first.openai.batches.retrieve(ended);
  expect(told.status).toBe('completed');
  const output = await contentText(first.openai, told.output_file_id);
  const errors = await contentText(first.openai, told.error_file_id);
  await first.openai.chat.completions.create(chatBody('sent alone')).catch(() => undefined);
  const { id: running } = await submit(first, otherLines(50));
  await expect.poll(async () => (await first.openai.batches.retrieve(running)).status).toBe('in_progress');
  const before = await first.control.counts();
  await first.kill();

  const second = await startProgram(folder, {});
  expect(await second.openai.batches.retrieve(ended)).toEqual(told);
  expect(await contentText(second.openai, told.output_file_id)).toBe(output);
  expect(await contentText(second.openai, told.error_file_id)).toBe(errors);
  expect((await second.control.counts()).sync).toEqual(before.sync);
  await second.pass(70_000);
  expect(await second.openai.batches.retrieve(running)).toMatchObject({
    status: 'completed',
    request_counts: { total: 50 },
  });
  const counts = await second.control.counts();
  expect(counts).toMatchObject({ batchesCreated: 2, executed: 250, billedTwice: { byBody: [], byCustomId: [] } });
});

test('a batch that ran while the emulator was down has ended when it comes back', async () => {
  const folder = newFolder();
  const first = await setup({ stateDir: folder });
  const { id } = await submit(first, chatLines(20));
  const { id: message } = await first.anthropic.messages.batches.create({ requests: requests(20) });
  await first.control.counts();
  const second = await restart(first, folder);
  await second.pass(allDoneMs);
  expect(await second.openai.batches.retrieve(id)).toMatchObject({ status: 'completed' });
  const results = await anthropicResults(second.anthropic, message);
  expect(new Set(results.map(({ custom_id }) => custom_id)).size).toBe(20);
  expect(await second.control.counts()).toMatchObject({
    executed: 40,
    billed: 40,
    billedTwice: { byBody: [], byCustomId: [] },
  });
});

test('a cancelled batch stays cancelled, and what it had finished is there', async () => {
  const folder = newFolder();
  const first = await setup({ stateDir: folder, validateMs: 0, runMs: 1000, cancelMs: 500 });
  const { id } = await first.anthropic.messages.batches.create({ requests: requests(100) });
  await first.pass(500);
  await first.anthropic.messages.batches.cancel(id);
  const second = await restart(first, folder);
  await second.pass(allDoneMs);
  const batch = await second.anthropic.messages.batches.retrieve(id);
  expect(batch).toMatchObject({ processing_status: 'ended', request_counts: { succeeded: 50, canceled: 50 } });
  expect(await anthropicResults(second.anthropic, id)).toHaveLength(100);
});

test('half a line at the end of the facts, which a kill leaves, is dropped, and later facts are kept', async () => {
  const folder = newFolder();
  const first = await setup({ stateDir: folder });
  const { id } = await submit(first, chatLines(3));
  await first.emulator.close();
  appendFileSync(join(folder, 'facts.jsonl'), '{"kind":"cancel","id":"batch');
  const second = await restart(first, folder);
  const { id: later } = await submit(second, chatLines(2));
  const third = await restart(second, folder);
  await third.pass(allDoneMs);
  const listed = (await third.openai.batches.list()).data;
  expect(listed.map((batch) => [batch.id, batch.status])).toEqual([
    [later, 'completed'],
    [id, 'completed'],
  ]);
});

test('what its owner deleted is forgotten with its bytes, and its ids are not given out again', async () => {
  const folder = newFolder();
  const first = await setup({ stateDir: folder });
  const { id } = await submit(first, chatLines(3));
  await first.control.counts();
  await first.pass(allDoneMs);
  const { input_file_id: input, output_file_id: output } = await first.openai.batches.retrieve(id);
  await first.openai.files.delete(input);
  const second = await restart(first, folder);
  expect(parseLines(await contentText(second.openai, output))).toHaveLength(3);
  await second.openai.files.delete(output ?? '');
  const third = await restart(second, folder);
  expect(readdirSync(join(folder, 'files'))).toEqual([]);
  const next = await submit(third, chatLines(3));
  expect([input, output, id]).not.toContain(next.input_file_id);
  expect(next.id).not.toBe(id);
});

test('a reset forgets the facts too', async () => {
  const folder = newFolder();
  const first = await setup({ stateDir: folder });
  await submit(first, chatLines(3));
  await first.control.reset();
  const second = await restart(first, folder);
  expect(await second.control.counts()).toMatchObject({ batchesCreated: 0 });
});

test.each([
  ['{"kind":"start","vers\n', 'line 1 is not an object of JSON'],
  ['{"kind":"start","version":99}\n', 'is from another version of the emulator'],
])('a file of facts that it cannot use (%j) ends the program with one line that says what to do', async (text, why) => {
  const folder = newFolder();
  const file = join(folder, 'facts.jsonl');
  writeFileSync(file, text);
  const child = spawnGuarded(process.execPath, [main, '--state', folder]);
  child.stdout.resume();
  const [said] = await Promise.all([readText(child.stderr), once(child, 'close')]);
  expect(said).toMatch(
    new RegExp(`^emulator: ${file}.*${why}.*delete ${folder}, and the emulator starts from nothing\\.\n$`),
  );
  expect(child.exitCode).toBe(1);
});
