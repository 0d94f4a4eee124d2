// Rows that are request lines already, with their members in other orders and other spacing: planned in one form, answered in both
// lanes, and sent again.

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { classify } from '../../activities/collect/classify.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import { realtime } from '../../activities/realtime/realtime.ts';
import { submissionKey } from '../../domain/ids.ts';
import type { ItemLine } from '../../domain/outcome/outcome.ts';
import type { Provider } from '../../providers/provider.ts';
import {
  collectOutcomes,
  context,
  type EmulatedVendor,
  requireEmulated,
  startVendor,
} from '../providers/vendors/emulated-vendor.ts';
import { type Folder, folderWith, jobRef, openaiOffline, output, quietEnvironment } from './plan/planning.ts';
import { answerLine, errorLine, findPlanned, freshLane, realtimeBatch, runWhole, wholeDeps } from './whole-job.ts';

const plannedPath = 'plan/wave-1/batch-0001';
const exact = '"seed":12345678901234567890,"temperature":1.10';

/** Each row has its members in another order, and other spaces around them. */
function makeDataset(bodyName: string, others: readonly string[], model: string): string {
  const spaces = ['', ' ', '\t', '  '];
  const rows = Array.from({ length: 4 }, (_, at) => {
    const nested = `[{"role":"user","content":"{\\"${bodyName}\\":\\n ${at}}"}]`;
    const body = `{"metadata":{"custom_id":"${at}","${bodyName}":{}},"max_tokens":9,"model":"${model}","messages":${nested},${exact}}`;
    // 32 hexadecimal digits, as an id on the wire has.
    const members = [['custom_id', `"${String(at).repeat(32)}"`] as const, [bodyName, body] as const];
    const texts = [...members.map(([name, value]) => `"${name}"${spaces[at]}:${spaces[at]}${value}`), ...others];
    return `{${[...texts.slice(at), ...texts.slice(0, at)].join(`${spaces[at]},`)}}\n`;
  });
  return rows.join('');
}

const url = ['"url":"/v1/chat/completions"', '"method":"POST"'];
const datasets: Readonly<Record<string, (model: string) => string>> = {
  openai: (model) => makeDataset('body', url, model),
  anthropic: (model) => makeDataset('params', [], model),
};

async function makeFolder(vendor: EmulatedVendor, provider: Provider, mode: 'batch' | 'realtime'): Promise<Folder> {
  const dataset = datasets[vendor.name]?.(vendor.model) ?? '';
  const folder = await folderWith(dataset, { request: null, model: null, mode }, provider);
  expect(await folder.run()).toMatchObject({ items: 4, rows: { refused: 0 } });
  for (const line of folder.text(`${plannedPath}.requests.jsonl`).trimEnd().split('\n')) expect(line).toContain(exact);
  return folder;
}

test('lines of any order and spacing are planned in one form, around their own bodies', async () => {
  const body =
    '{ "model":"priced", "n":12345678901234567890,"t":1.10,"messages":[{"body":1,"custom_id":"\\u00e9\\n"}] }';
  const rest = ['"method":"POST"', '"url":"/v1/chat/completions"'];
  const rows = [
    ['"custom_id":"a"', ...rest, `"body":${body}`].join(','),
    [`"body":${body}`, ...rest.toReversed(), '"custom_id":"b"'].join(' , '),
    ['"custom_id":"0123456789abcdef0123456789abcdef"', rest[1], ` "body" : ${body} `].join(','),
    ['"body":{"model":"first"}', ...rest, '"custom_id":"no"', '"custom_id":"d","extra":0', `"body":${body}`].join(','),
  ];
  const folder = await folderWith(rows.map((row) => `{${row}}\r\n`).join(''), { request: null, model: null });
  expect((await folder.run()).items).toBe(4);
  const items = folder.lines<ItemLine>(`${plannedPath}.items.jsonl`);
  expect(items.map(({ id }) => id)).toEqual(['a', 'b', '0123456789abcdef0123456789abcdef', 'd']);
  expect(folder.text(`${plannedPath}.requests.jsonl`)).toBe(
    items.map(({ customId }) => `${openaiOffline.encode(customId, body, '/v1/chat/completions')}\n`).join(''),
  );
});

test('a line without a request is refused in the words of the program that made it', async () => {
  const made = (words: unknown): string => JSON.stringify({ custom_id: 'a', nightshift: { refused: words } });
  const lines = [made('top_k: nobody takes it'), made('x'.repeat(900)), made(7), datasets.openai?.('priced') ?? ''];
  const folder = await folderWith(lines.join('\n'), { request: null, model: null, maxRejectRate: 1 });
  expect((await folder.run()).rows).toMatchObject({ refused: 3 });
  const message = (line: number, words: string) => ({
    line,
    id: 'a',
    reason: 'bad_request_line',
    message: `line ${line}: ${words}`,
  });
  expect(folder.lines('rejects.jsonl')).toEqual([
    message(1, 'top_k: nobody takes it'),
    message(2, 'x'.repeat(500)),
    message(3, 'url must be a text'),
  ]);
});

describe.each(['openai', 'anthropic'] as const)('ready-made lines for %s are answered', (name) => {
  const vendor = requireEmulated(name);

  test('in a batch', async () => {
    const { provider, end, prepare, submit } = await startVendor(vendor);
    const folder = await makeFolder(vendor, provider, 'batch');
    const path = join(folder.root, output, `${plannedPath}.requests.jsonl`);
    const { submission } = await prepare([]);
    const file = {
      path: async () => path,
      name: 'lines.jsonl',
      bytes: folder.text(`${plannedPath}.requests.jsonl`).length,
      items: 4,
    };
    const key = submissionKey('0'.repeat(32));
    const handle = await submit({ file, submission: { ...submission, key, items: 4 }, ids: [] });
    await end();
    expect(await provider.poll(handle, context())).toMatchObject({ ending: 'completed', counts: { done: 4 } });
    const answered = await collectOutcomes(provider, handle);
    const ids = folder.lines<ItemLine>(`${plannedPath}.items.jsonl`).map(({ customId }) => customId);
    expect(answered.every(({ kind }) => kind === 'answer')).toBe(true);
    expect(answered.map((each) => ('customId' in each ? each.customId : '')).sort()).toEqual(ids.toSorted());
  });

  test('in the realtime lane', async () => {
    const { provider } = await startVendor(vendor);
    const folder = await makeFolder(vendor, provider, 'realtime');
    const deps: ActivityDeps = { ...wholeDeps(folder), provider: () => provider };
    const ref = { ...jobRef, wave: 1, batch: 1 };
    const asked = await quietEnvironment().run(() => realtime(deps, { ...ref, ...freshLane, from: 0, count: 4 }));
    expect(asked).toMatchObject({ asked: 4, end: { kind: 'done' } });
    const planned = findPlanned(folder, ref);
    const result = await quietEnvironment().run(() => classify(deps, { ...ref, planned, ...realtimeBatch }));
    expect(result).toMatchObject({ kind: 'tally', tally: { answered: 4, lane: 'realtime' } });
  });
});

test('ready-made lines are sent again, in later batches and in the fallback, with the same bodies', async () => {
  const folder = await folderWith(datasets.openai?.('priced') ?? '', { request: null, model: null });
  const { waves } = await runWhole(folder, (wave, _, items) =>
    items.map(({ customId, row }) => (row < wave ? answerLine(customId, `answer ${row}`) : errorLine(customId, 500))),
  );
  expect(waves).toBe(5);
  expect(folder.lines('results.jsonl').map(({ output: answer }) => answer)).toEqual(
    [1, 2, 3, 4].map((row) => `answer ${row}`),
  );
  const bodies = (wave: number): string[] =>
    folder
      .text(`plan/wave-${wave}/batch-0001.requests.jsonl`)
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(line.indexOf('"body":')));
  for (const wave of [2, 3, 4, 5]) expect(bodies(wave)).toEqual(bodies(1).slice(-bodies(wave).length));
});
