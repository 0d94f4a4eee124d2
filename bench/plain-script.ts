// A script without Nightshift, with the official SDK: the same requests, batches and results, but no error handling.

import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';

interface Row {
  readonly id: string;
  readonly text: string;
}

interface Line {
  readonly custom_id: string;
  readonly response: {
    readonly body: {
      readonly choices: readonly [{ readonly message: { readonly content: string } }];
      readonly usage: object;
    };
  };
}

const [folder = '.', itemsText = '50000'] = process.argv.slice(2);
const itemsMax = Number(itemsText);
const openai = new OpenAI();
const dataset = join(folder, 'rows.jsonl');

async function* rows(): AsyncGenerator<Row> {
  for await (const line of createInterface({ input: createReadStream(dataset) })) yield JSON.parse(line);
}

async function write(file: ReturnType<typeof createWriteStream>, value: unknown): Promise<void> {
  if (!file.write(`${JSON.stringify(value)}\n`)) await once(file, 'drain');
}

const request = (row: Row) => ({
  custom_id: row.id,
  method: 'POST',
  url: '/v1/chat/completions',
  body: {
    model: 'gpt-5.4-mini',
    messages: [
      { role: 'system', content: 'Classify the ticket as bug, feature or question.' },
      { role: 'user', content: row.text },
    ],
    max_completion_tokens: 16,
  },
});

async function submitted(path: string): Promise<string> {
  const file = await openai.files.create({ file: createReadStream(path), purpose: 'batch' });
  const batch = await openai.batches.create({
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  });
  return batch.id;
}

async function submitAll(): Promise<string[]> {
  const ids: string[] = [];
  const path = () => join(folder, `plain-${ids.length}.jsonl`);
  let file = createWriteStream(path());
  let items = 0;
  const submit = async (): Promise<void> => {
    file.end();
    await once(file, 'finish');
    ids.push(await submitted(path()));
  };
  for await (const row of rows()) {
    if (items === itemsMax) {
      await submit();
      file = createWriteStream(path());
      items = 0;
    }
    await write(file, request(row));
    items += 1;
  }
  await submit();
  return ids;
}

async function collect(id: string, answers: Map<string, unknown>): Promise<void> {
  let batch = await openai.batches.retrieve(id);
  while (batch.status !== 'completed') {
    await sleep(1000);
    batch = await openai.batches.retrieve(id);
  }
  const content = await openai.files.content(batch.output_file_id ?? '');
  for (const text of (await content.text()).split('\n')) {
    if (text === '') continue;
    const { custom_id, response }: Line = JSON.parse(text);
    answers.set(custom_id, { output: response.body.choices[0].message.content, usage: response.body.usage });
  }
}

const ids = await submitAll();
const answers = new Map<string, unknown>();
for (const id of ids) await collect(id, answers);
const results = createWriteStream(join(folder, 'plain-results.jsonl'));
let count = 0;
for await (const { id } of rows()) {
  count += 1;
  await write(results, { id, row: count, ...Object(answers.get(id)) });
}
results.end();
await once(results, 'finish');
const { user, system } = process.cpuUsage();
const peakMb = Math.round((process.resourceUsage().maxRSS * 1024) / 1e6);
console.log(JSON.stringify({ rows: count, answers: answers.size, cpuUs: user + system, peakMb }));
