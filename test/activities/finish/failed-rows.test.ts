// The rows that failed are the next job's dataset: each has its record as it was given.

import { expect, test } from 'vitest';
import { folderWith } from '../plan/planning.ts';
import { errorLine, runWhole } from '../whole-job.ts';

test('a failed row keeps every digit and escape of its record, and says why it failed, also when it fails again', async () => {
  const given = '{"id": 1, "text": "x", "amount": 12345678901234567890.10, "half": "\\ud83d"';
  const again = '{"id":2,"text":"y","nightshift":{"reason":"before"}}';
  const folder = await folderWith(`${given} }\r\n${again}\n`, {});
  await runWhole(folder, (_wave, _planned, items) => items.map(({ customId }) => errorLine(customId, 400)));
  const [first = '', second = ''] = folder.text('failures.jsonl').split('\n');
  const facts = { reason: 'bad_request', message: expect.any(String) };
  expect(first.startsWith(`${given},"nightshift":{`)).toBe(true);
  expect(JSON.parse(first).nightshift).toMatchObject({ row: 1, id: 1, ...facts });
  expect(JSON.parse(second)).toMatchObject({ id: 2, text: 'y', nightshift: { row: 2, id: 2, ...facts } });
  expect(second.match(/"nightshift"/g)).toHaveLength(1);
});
