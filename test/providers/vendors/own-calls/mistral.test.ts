// What Mistral alone has of a provider, against the emulator.

import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { bareLines } from '../../../../providers/dialects/openai/bare-lines.ts';
import { catchFacts, collectOutcomes, context, requireEmulated, startVendor } from '../emulated-vendor.ts';

const mistral = requireEmulated('mistral');

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
}

async function gather(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

describe('mistral alone', () => {
  test('lines are sent with a custom id and a body only, wherever a chunk of the file ends', async () => {
    const { prepare } = await startVendor(mistral);
    const { file, submission, ids } = await prepare(['"method":"POST"', 'ü'.repeat(40), 'c']);
    const bytes = await readFile(await file.path(context().signal));
    const text = bytes.toString('utf8');
    const bodies = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).body);
    for (const size of [1, 7, 48, 83, 4096]) {
      const sent = await gather(bareLines(submission.endpoint)(cut(bytes, size)));
      const lines = sent
        .toString('utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(sent.length).toBe(bytes.length);
      expect(lines).toEqual(ids.map((id, at) => ({ custom_id: id, body: bodies[at] })));
    }
  });

  test('a failed job is given no reason that would send its items again', async () => {
    const { provider, prepare, submit, end } = await startVendor(mistral, { batch: { endAs: 'failed', partial: 0 } });
    const handle = await submit(await prepare(['a', 'b']));
    await end();
    expect(await provider.poll(handle, context())).toMatchObject({ ending: 'failed', errors: [{ reason: 'other' }] });
    expect(provider.proofs.failed).toEqual({ nothingRan: 'never', lines: 'counted', beyondCounted: 'unknown' });
  });

  test('a refusal whose fields are in the body itself is understood', async () => {
    const { provider, prepare, submit } = await startVendor(mistral, {
      calls: { 'openai.batches.create': { status: 429, code: 'too_many_tasks' } },
    });
    expect((await catchFacts(submit(await prepare(['a'])))).fault).toBe('capacity');
    expect(await provider.check('no-such-model', context())).toBe('unknown_model');
  });

  test('a job runs at the endpoint of its submission', async () => {
    const { provider, prepare, submit, end } = await startVendor(mistral);
    const prepared = await prepare(['a']);
    await expect(
      submit({ ...prepared, submission: { ...prepared.submission, endpoint: '/v1/nowhere' } }),
    ).rejects.toThrow(/refused/);
    const handle = await submit(prepared);
    await end();
    expect(await collectOutcomes(provider, handle)).toMatchObject([{ kind: 'answer', model: mistral.model }]);
  });
});
