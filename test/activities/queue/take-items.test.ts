// Taking items into a queue, if an attempt is given up and the file has changed when the next one reads it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { claimQueueFolder } from '../../../activities/queue/queue-file.ts';
import { type TakenItems, takeItems } from '../../../activities/queue/take-items.ts';
import { parseQueue } from '../../../input/queue/resolve.ts';
import { deliveryFile } from '../../../queue-folder/paths.ts';
import { writeText } from '../../../storage/lines/json-lines.ts';
import { folderWith, makeRows, quietEnvironment } from '../plan/planning.ts';
import { provider, wholeDeps } from '../whole-job.ts';

const output = 'queues/tickets/';
const job = {
  provider: 'openai',
  model: 'gpt-5.4-mini',
  request: { messages: [{ role: 'user', content: '{{ text }}' }], max_completion_tokens: 16 },
};

test('every attempt stores the items that it counts, and the same items once', async () => {
  const folder = await folderWith(makeRows(1));
  const parsed = parseQueue({ job }, 'tickets');
  if (parsed.kind === 'problems') throw new Error('the queue is wrong');
  await claimQueueFolder(folder.store, 'queue/tickets', parsed.spec);
  const deps = { ...wholeDeps(folder), provider: () => ({ ...provider, findProblems: () => [] }) };
  const take = async (id: string): Promise<string> => {
    const line = `${JSON.stringify({ id, text: 'good' })}\n`;
    await writeText(folder.store, 'items.jsonl', line);
    const input = { output, source: { uri: 'items.jsonl' }, isUrgent: false, at: 1, mark: 'a'.repeat(16) };
    const taken: TakenItems = await quietEnvironment().run(() => takeItems(deps, input));
    expect(taken.accepted).toBe(1);
    const name = taken.delivery?.name ?? '';
    expect(readFileSync(join(folder.root, deliveryFile(output, name)), 'utf8')).toBe(line);
    return name;
  };
  expect(await take('a')).toBe(await take('a'));
  expect(await take('b')).not.toBe(await take('a'));
});
