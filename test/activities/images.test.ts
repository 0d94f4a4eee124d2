// Rows that are answered with images: the bytes are in files, and everything that names them is written after them.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { classify } from '../../activities/collect/classify.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import { realtime } from '../../activities/realtime/realtime.ts';
import type { AnswerLine, ItemLine } from '../../domain/outcome/outcome.ts';
import { rawFile } from '../../job-folder/paths.ts';
import { readTally } from '../../job-folder/tallies.ts';
import type { Store } from '../../storage/store.ts';
import { requireEmulated, startVendor } from '../providers/vendors/emulated-vendor.ts';
import {
  imageFolder,
  imageJob,
  imageLine,
  listImages,
  png,
  readImage,
  reference,
  toolJob,
  toolLine,
} from './image-site.ts';
import { died, dyingStore } from './plan/dying-store.ts';
import { type Folder, folderWith, jobRef, makeRows, quietEnvironment } from './plan/planning.ts';
import { endedBatch, errorLine, findPlanned, freshLane, realtimeBatch, runWhole, wholeDeps } from './whole-job.ts';

const ref = { ...jobRef, wave: 1, batch: 1 };
const plannedItems = (folder: Folder, wave = 1): ItemLine[] =>
  folder.lines<ItemLine>(`plan/wave-${wave}/batch-0001.items.jsonl`);

describe('the results of a job', () => {
  test('name files with the same bytes as the images, and hold no base64', async () => {
    const folder = await imageFolder(2, { keep: { responses: true, providerFiles: false } });
    const large = png(9, 3_000_000);
    await runWhole(folder, (_, __, items) =>
      items.map(({ customId, row }) => imageLine(customId, ...(row === 1 ? [png(1), png(2)] : [large]))),
    );
    expect((await readTally(folder.store, ref))?.usage).toMatchObject({ input: 200, imageInput: 80, output: 20 });
    const [one = '', two = ''] = plannedItems(folder).map(({ customId }) => customId);
    const pair = [reference(one, 0, png(1)), reference(one, 1, png(2))];
    expect(folder.lines('results.jsonl')).toMatchObject([
      {
        status: 'answered',
        output: pair,
        usage: { input: 100, imageInput: 40, output: 10 },
        response: { data: pair.map((each) => ({ ...each, revised_prompt: 'revised' })) },
      },
      { status: 'answered', output: reference(two, 0, large) },
    ]);
    expect(listImages(folder)).toEqual([`${one}-0.png`, `${one}-1.png`, `${two}-0.png`].sort());
    expect(readImage(folder, `files/${one}-1.png`).equals(png(2))).toBe(true);
    expect(readImage(folder, `files/${two}-0.png`).equals(large)).toBe(true);
    expect(folder.text('results.jsonl').length).toBeLessThan(3000);
    expect(folder.text('answers/wave-1/batch-0001.jsonl')).not.toContain('b64_json');
  });

  test('have the image of the attempt that was answered, if the first one failed', async () => {
    const folder = await imageFolder(2);
    await runWhole(folder, (wave, _, items) =>
      items.map(({ customId, row }) =>
        wave === 1 && row === 1 ? errorLine(customId, 500) : imageLine(customId, png(10 * wave + row)),
      ),
    );
    const [again = ''] = plannedItems(folder, 2).map(({ customId }) => customId);
    expect(folder.lines('results.jsonl')[0]).toMatchObject({ attempts: 2, output: reference(again, 0, png(21)) });
    expect(readImage(folder, `files/${again}-0.png`).equals(png(21))).toBe(true);
    expect(listImages(folder)).toHaveLength(2);
  });

  test('keep the first of two answers to an item, with its own image', async () => {
    const folder = await imageFolder(1);
    await runWhole(folder, (_, __, items) =>
      items.flatMap(({ customId }) => [imageLine(customId, png(1)), imageLine(customId, png(2))]),
    );
    const [{ customId = '' } = {}] = plannedItems(folder);
    expect(readImage(folder, `files/${customId}-0.png`).equals(png(1))).toBe(true);
  });

  test('say that an answer without images is empty', async () => {
    const folder = await imageFolder(1);
    await runWhole(folder, (_, __, items) => items.map(({ customId }) => imageLine(customId, Buffer.alloc(0))));
    expect(folder.lines('results.jsonl')).toMatchObject([{ status: 'failed', reason: 'empty_output' }]);
    expect(listImages(folder)).toEqual([]);
  });

  test('have images that no schema is asked about', async () => {
    const folder = await imageFolder(1, { schema: { type: 'string' } });
    await runWhole(folder, (_, __, items) => items.map(({ customId }) => imageLine(customId, png(1))));
    expect(folder.lines('results.jsonl')).toMatchObject([{ status: 'answered' }]);
  });
});

test('an image that a tool makes is in a file next to the text, and so is its place in the response', async () => {
  const keep = { responses: true, providerFiles: false };
  const folder = await imageFolder(2, { ...toolJob, keep });
  await runWhole(folder, (_, __, items) =>
    items.map(({ customId, row }) => toolLine(customId, `It is ${row}.`, ...(row === 1 ? [png(1)] : []))),
  );
  const [one = ''] = plannedItems(folder).map(({ customId }) => customId);
  const made = reference(one, 0, png(1));
  expect(folder.lines('results.jsonl')).toMatchObject([
    {
      output: { text: 'It is 1.', images: [made] },
      response: { output: [{ type: 'image_generation_call', ...made }, { type: 'message' }] },
    },
    { output: 'It is 2.', response: { output: [{ type: 'message' }] } },
  ]);
  expect(readImage(folder, made.file).equals(png(1))).toBe(true);
  expect(folder.text('results.jsonl')).not.toContain(png(1).toString('base64'));
});

test('wherever a collector dies, only whole images are left, answers name only images that are there, and the next one completes them', async () => {
  const folder = await imageFolder(2);
  await folder.run();
  const items = plannedItems(folder);
  const path = join(folder.root, rawFile(ref));
  mkdirSync(dirname(path), { recursive: true });
  const images = items.map(({ row }) => png(row, 500_000));
  writeFileSync(path, items.map(({ customId }, at) => `${imageLine(customId, images[at] ?? png(0))}\n`).join(''));
  const collect = (store: Store): Promise<unknown> => {
    const deps = { ...wholeDeps(folder), store };
    return quietEnvironment().run(() => classify(deps, endedBatch(ref, findPlanned(folder, ref))));
  };
  const names = items.map(({ customId }) => `${customId}-0.png`);
  let deaths = 0;
  const states = new Set<number>();
  for (let calls = 0; deaths === calls; calls++) {
    await collect(dyingStore(folder.store, calls)).catch((error: Error) => {
      expect(error.message).toBe(died().message);
      deaths += 1;
    });
    const whole = listImages(folder).filter((name) => names.includes(name));
    states.add(whole.length);
    for (const name of whole) {
      const image = images[names.indexOf(name)] ?? png(0);
      expect(readImage(folder, `files/${name}`).equals(image)).toBe(true);
    }
    if (folder.lines('answers/wave-1/batch-0001.jsonl').length > 0) expect(whole).toHaveLength(2);
  }
  expect([...states]).toEqual([0, 1, 2]);
  expect(deaths).toBeGreaterThan(8);
  expect(folder.lines<AnswerLine>('answers/wave-1/batch-0001.jsonl').map(({ output }) => output)).toEqual(
    items.map(({ customId }, at) => reference(customId, 0, images[at] ?? png(0))),
  );
});

/** The images of an answer as the provider sent them. */
const sentImages = ({ data = [], output = [] }: Record<string, { b64_json?: string; result?: string }[]>): string[] =>
  [...data, ...output].flatMap(({ b64_json, result }) => b64_json ?? result ?? []);

test.each([
  { endpoint: imageJob.endpoint ?? '', request: { prompt: '{{ text }}', n: 2 }, images: 4 },
  { ...toolJob, endpoint: toolJob.endpoint ?? '', images: 2 },
])(
  'a realtime call to $endpoint is answered with images, whose bytes are those that the provider sent',
  async (job) => {
    const vendor = requireEmulated('openai');
    const { provider } = await startVendor(vendor, { answer: { imageBytes: 100_000 } });
    const { endpoint, images } = job;
    const request = { ...Object(job.request), model: 'gpt-image-2' };
    const folder = await imageFolder(2, { endpoint, request, model: 'gpt-image-2', mode: 'realtime' }, provider);
    await folder.run();
    const deps: ActivityDeps = { ...wholeDeps(folder), provider: () => provider };
    const lane = { ...freshLane, endpoint, from: 0, count: 2 };
    await quietEnvironment().run(() => realtime(deps, { ...ref, ...lane }));
    const planned = findPlanned(folder, ref);
    expect(await quietEnvironment().run(() => classify(deps, { ...ref, planned, ...realtimeBatch }))).toMatchObject({
      tally: { answered: 2 },
    });
    const sent = folder
      .lines<{ response?: { body: Parameters<typeof sentImages>[0] } }>('answers/wave-1/batch-0001.journal-1.raw')
      .flatMap(({ response }) => (response === undefined ? [] : sentImages(response.body)));
    const kept = listImages(folder).map((name) => readImage(folder, `files/${name}`).toString('base64'));
    expect(kept).toHaveLength(images);
    expect(kept.sort()).toEqual(sent.sort());
    expect(folder.text('answers/wave-1/batch-0001.jsonl')).not.toContain(kept[0]);
  },
);

test('reuse carries the references over with the folder in which the images are', async () => {
  const earlier = await imageFolder(1, { keep: { responses: true, providerFiles: false } });
  await runWhole(earlier, (_, __, items) => items.map(({ customId }) => imageLine(customId, png(1))));
  const [{ customId = '' } = {}] = plannedItems(earlier);
  const carried = { ...reference(customId, 0, png(1)), folder: 'monday/' };

  const run = async (results: string, reuse: string): Promise<Folder> => {
    const folder = await folderWith(makeRows(1), { ...imageJob, reuse });
    mkdirSync(join(folder.root, dirname(`${reuse}x`)), { recursive: true });
    writeFileSync(join(folder.root, reuse.endsWith('/') ? `${reuse}results.jsonl` : reuse), results);
    await runWhole(folder, () => null);
    return folder;
  };
  const second = await run(earlier.text('results.jsonl'), 'monday/');
  expect(second.lines('results.jsonl')).toMatchObject([{ output: carried, costUsd: 0, response: { data: [carried] } }]);
  const third = await run(second.text('results.jsonl'), 'tuesday/results.jsonl');
  expect(third.lines('results.jsonl')).toMatchObject([{ output: carried, response: { data: [carried] } }]);
});

test('reuse carries images next to a text over in the same way', async () => {
  const earlier = await imageFolder(1, toolJob);
  await runWhole(earlier, (_, __, items) => items.map(({ customId }) => toolLine(customId, 'Here.', png(1))));
  const [{ customId = '' } = {}] = plannedItems(earlier);
  const folder = await folderWith(makeRows(1), { ...toolJob, reuse: 'monday.jsonl' });
  writeFileSync(join(folder.root, 'monday.jsonl'), earlier.text('results.jsonl'));
  await runWhole(folder, () => null);
  const images = [{ ...reference(customId, 0, png(1)), folder: '' }];
  expect(folder.lines('results.jsonl')).toMatchObject([{ output: { text: 'Here.', images }, costUsd: 0 }]);
});
