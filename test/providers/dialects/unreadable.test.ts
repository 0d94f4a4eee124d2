// Lines that are not answers: each dialect says that it cannot read them, and throws nothing.

import { expect, test } from 'vitest';
import { decode as readAnthropic } from '../../../providers/dialects/anthropic/answers.ts';
import { decode as readOpenai } from '../../../providers/dialects/openai/answers.ts';
import { anthropicFaults } from '../../../providers/vendors/anthropic/faults.ts';
import { openaiFaults } from '../../../providers/vendors/openai/faults.ts';

const chat = '/v1/chat/completions';

test.each([
  '',
  '   ',
  'null',
  '[]',
  '7',
  '{',
  '{"custom_id":""}',
  '{"custom_id":7}',
  '{"custom_id":"a"}',
  '{"custom_id":"a","response":{"status_code":200},"result":{"type":"succeeded"}}',
  '{"custom_id":"a","response":{"status_code":200,"body":[]},"result":{"type":"new"}}',
])('nothing is thrown over %j', (line) => {
  expect(readOpenai(Buffer.from(line), chat, openaiFaults.items)).toEqual({ kind: 'unreadable' });
  expect(readAnthropic(Buffer.from(line), anthropicFaults.items)).toEqual({ kind: 'unreadable' });
});
