// That a run can be repeated: the results depend on the seed, the options and the input alone.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OptionsInput } from '../../emulator/faults/options.ts';
import { createControl } from '../../emulator/server/control.ts';
import { startEmulator } from '../../emulator/server/start.ts';
import { allDoneMs, chatLines, contentText, openaiClient, startMs, submit } from './harness.ts';

const rate = fc.double({ min: 0, max: 0.2, noNaN: true });
const options = fc.record<OptionsInput>({
  seed: fc.integer({ min: 0, max: 1000 }),
  itemErrors: fc.record({
    rate400: rate,
    rate500: rate,
    rateRefusal: rate,
    missing: rate,
    dropped: rate,
    withoutId: rate,
    garbledLine: rate,
    duplicate: rate,
    foreign: rate,
    malformedLines: rate,
  }),
  output: fc.record({
    shuffle: fc.boolean(),
    crlf: fc.boolean(),
    blankLines: fc.boolean(),
    noFinalNewline: fc.boolean(),
  }),
});

test('the same seed and options give the same bytes, however often they are read', async () => {
  await fc.assert(
    fc.asyncProperty(options, async (given) => {
      const once = await outputs(given);
      expect(await outputs(given)).toEqual(once);
    }),
    { numRuns: 12 },
  );
});

async function outputs(given: OptionsInput): Promise<string[]> {
  const emulator = await startEmulator({ clock: 'manual', startMs, ...given });
  try {
    const openai = openaiClient(emulator.openaiBaseUrl);
    const { id } = await submit({ openai }, chatLines(60));
    await createControl(emulator.url).clock({ advanceMs: allDoneMs });
    const { output_file_id, error_file_id } = await openai.batches.retrieve(id);
    const files = [output_file_id, error_file_id].filter((file) => typeof file === 'string');
    const texts = await Promise.all(files.map((file) => contentText(openai, file)));
    // From now on, the emulator serves what it stored to learn the size.
    const sizes = await Promise.all(files.map(async (file) => (await openai.files.retrieve(file)).bytes));
    expect(sizes).toEqual(texts.map((text) => Buffer.byteLength(text)));
    expect(await Promise.all(files.map((file) => contentText(openai, file)))).toEqual(texts);
    return texts;
  } finally {
    await emulator.close();
  }
}
