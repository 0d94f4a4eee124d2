// One job for each modality: only the provider, the model, the endpoint, the request and the rows differ.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Json } from '../../../domain/outcome/outcome.ts';
import { timeSkippingServer } from '../../support/temporal.ts';
import { Site } from '../site.ts';

const server = timeSkippingServer();
const rows = 60;

interface Case {
  readonly modality: string;
  readonly provider: 'openai' | 'anthropic' | 'gemini';
  readonly model: string;
  readonly endpoint: string;
  readonly request: Json;
  /** The kind of the files that the rows name. */
  readonly kind?: keyof typeof starts;
  readonly output: unknown;
  /** What the answers are parsed by. */
  readonly schema?: Json;
}

/** The first bytes, by which planning knows the kind of a file. */
const starts = {
  image: Buffer.from('89504e470d0a1a0a0000', 'hex'),
  document: Buffer.from('%PDF-1.7\n'),
  audio: Buffer.from('RIFF\0\0\0\0WAVEfmt '),
};

const text = expect.stringMatching(/./);
const dataUrl = 'data:{{ scan.mediaType }};base64,{{ scan.base64 }}';
const image = { file: expect.stringMatching(/^files\/.+\.png$/), mediaType: 'image/png', bytes: expect.any(Number) };

const ofOpenai = (modality: string, endpoint: string, model: string, request: Json, output: unknown): Case => ({
  modality,
  provider: 'openai',
  model,
  endpoint,
  request,
  output,
});

const chat = '/v1/chat/completions';
const asksOf = (...parts: Json[]): Json => ({
  messages: [{ role: 'user', content: [{ type: 'text', text: 'What is {{ id }}?' }, ...parts] }],
  max_completion_tokens: 16,
});
const asksClaude = (type: string): Json => {
  const source = { type: 'base64', media_type: '{{ scan.mediaType }}', data: '{{ scan.base64 }}' };
  return { messages: [{ role: 'user', content: [{ type, source }] }], max_tokens: 16 };
};
const asksGemini: Json = {
  contents: [{ parts: [{ inlineData: { mimeType: '{{ scan.mediaType }}', data: '{{ scan.base64 }}' } }] }],
  generationConfig: { maxOutputTokens: 16 },
};

const imageUrl = (url: string): Json => ({ type: 'image_url', image_url: { url } });
const file = { filename: 'scan.pdf', file_data: dataUrl };
const lookup = { type: 'function', function: { name: 'lookup', parameters: { type: 'object', properties: {} } } };

const schema = { type: 'object', properties: { label: { type: 'string' } }, required: ['label'] };
const format = { type: 'json_schema', json_schema: { name: 'answer', schema } };

const mini = 'gpt-5.4-mini';
const cases: readonly Case[] = [
  ofOpenai('a response', '/v1/responses', mini, { input: '{{ text }}', max_output_tokens: 16 }, text),
  ofOpenai('a completion', '/v1/completions', 'gpt-3.5-turbo-instruct', { prompt: '{{ text }}', max_tokens: 16 }, text),
  ofOpenai('a moderation', '/v1/moderations', 'omni-moderation-latest', { input: '{{ text }}' }, flags()),
  ofOpenai('a vector', '/v1/embeddings', 'text-embedding-3-small', { input: '{{ text }}', dimensions: 2 }, vector()),
  ofOpenai('an image', '/v1/images/generations', 'gpt-image-2', { prompt: '{{ text }}' }, image),
  {
    ...ofOpenai(
      'an edited image',
      '/v1/images/edits',
      'gpt-image-2',
      { prompt: 'Remove it.', images: [{ image_url: dataUrl }] },
      image,
    ),
    kind: 'image',
  },
  ofOpenai('a look at a URL', chat, mini, asksOf(imageUrl('https://images.example/{{ id }}.png')), text),
  ofOpenai('a request with tools', chat, mini, { ...Object(asksOf()), tools: [lookup] }, text),
  {
    ...ofOpenai('a structured output', chat, mini, { ...Object(asksOf()), response_format: format }, { label: text }),
    schema,
  },
  { ...ofOpenai('a look at a file', chat, mini, asksOf(imageUrl(dataUrl)), text), kind: 'image' },
  { ...ofOpenai('a PDF', chat, mini, asksOf({ type: 'file', file }), text), kind: 'document' },
  {
    ...ofOpenai(
      'a recording',
      chat,
      mini,
      asksOf({ type: 'input_audio', input_audio: { data: '{{ scan.base64 }}', format: 'wav' } }),
      text,
    ),
    kind: 'audio',
  },
  ...(['image', 'document'] as const).map(
    (kind): Case => ({
      modality: `a file (${kind})`,
      provider: 'anthropic',
      model: 'claude-haiku-4-5',
      endpoint: '/v1/messages',
      request: asksClaude(kind),
      kind,
      output: text,
    }),
  ),
  ...(['image', 'document', 'audio'] as const).map(
    (kind): Case => ({
      modality: `a file (${kind})`,
      provider: 'gemini',
      model: 'gemini-2.5-flash',
      endpoint: 'generateContent',
      request: asksGemini,
      kind,
      output: text,
    }),
  ),
];

function flags(): unknown {
  return expect.objectContaining({ flagged: expect.any(Boolean) });
}

function vector(): unknown {
  return [expect.any(Number), expect.any(Number)];
}

test.each(cases)('$provider: $modality', ({ kind, output, modality: _, ...job }) =>
  Site.with(server.env, 'modality', { providers: [job.provider], answer: { mode: 'json' } }, async (site) => {
    const uri = kind === undefined ? site.dataset(rows) : writeFiles(site, starts[kind]);
    const dataset = { uri, ...(kind === undefined ? {} : { files: ['scan'] }) };
    const report = await site.run({ ...job, dataset });
    await site.expectPaidOnce(report, rows);
    expect(report.verdict).toBe('complete');
    expect((await site.control.counts()).batchesCreated).toBe(1);
    const outputs = site.results().map((result) => result.output);
    expect(outputs).toEqual(Array.from({ length: rows }, () => output));
    if (kind !== undefined) expectSent(site, starts[kind]);
    if (output === image) expectImages(site, outputs as { file: string; bytes: number }[]);
  }),
);

const contentOf = (start: Buffer, number: number): Buffer => Buffer.concat([start, Buffer.from(`of row ${number}.`)]);

/** Each row names a file of its own below the data root. */
function writeFiles(site: Site, start: Buffer): string {
  mkdirSync(join(site.root, 'scans'));
  return site.dataset(rows, (number) => {
    writeFileSync(join(site.root, `scans/${number}`), contentOf(start, number));
    return { id: `t-${number}`, scan: `scans/${number}` };
  });
}

const listFiles = (site: Site, folder: string): string[] => readdirSync(join(site.root, 'runs', site.name, folder));
const readFile = (site: Site, path: string): Buffer => readFileSync(join(site.root, 'runs', site.name, path));

/** Each request has the file of its row. */
function expectSent(site: Site, start: Buffer): void {
  const sent = listFiles(site, 'plan/wave-1')
    .filter((name) => name.endsWith('.requests.jsonl'))
    .flatMap((name) => readFile(site, `plan/wave-1/${name}`).toString().trimEnd().split('\n'));
  expect(sent).toHaveLength(rows);
  for (const [index, line] of sent.entries()) expect(line).toContain(contentOf(start, index + 1).toString('base64'));
}

/** The bytes are in files, and in no result. */
function expectImages(site: Site, outputs: readonly { file: string; bytes: number }[]): void {
  expect(new Set(outputs.map(({ file }) => file)).size).toBe(rows);
  for (const { file, bytes } of outputs) expect(readFile(site, file)).toHaveLength(bytes);
  expect(readFile(site, 'results.jsonl').toString()).not.toContain('b64_json');
}
