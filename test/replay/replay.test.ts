// Replays recorded histories against today's workflows, as a deploy would do to running jobs.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, expect, test } from 'vitest';
import { workflowBundle } from '../support/temporal.ts';

const folder = join(import.meta.dirname, 'histories');
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));

const textOf = (file: string): string => readFileSync(join(folder, file), 'utf8');

beforeAll(() => Runtime.install({ logger: new DefaultLogger('ERROR') }));

/** Each history needs its own workflow id, because its children's ids begin with it. */
async function replay(texts: readonly string[]): Promise<unknown[]> {
  const histories = texts.map((text) => {
    const history = JSON.parse(text);
    return { workflowId: history.events[0].workflowExecutionStartedEventAttributes.workflowId, history };
  });
  const failures: unknown[] = [];
  const results = Worker.runReplayHistories({ workflowBundle: workflowBundle() }, histories);
  for await (const { workflowId, error } of results) if (error !== undefined) failures.push({ workflowId, error });
  return failures;
}

test('every recorded history replays', async () => {
  expect(await replay(files.map(textOf))).toEqual([]);
});

test('each kind of workflow has a recorded history', () => {
  const kinds = [
    'deliverWebhook',
    'dispatch',
    'flushQueue',
    'processBatch',
    'processDataset',
    'processQueue',
    'processRealtime',
    'processSegment',
  ];
  expect([...new Set(files.map((file) => file.split('.')[1]))].sort()).toEqual(kinds);
});

test('a history with a different activity does not replay', async () => {
  const text = textOf('openai.processBatch.json').replaceAll('"name":"create"', '"name":"createTwice"');
  const [failure] = await replay([text]);
  expect(failure).toMatchObject({ error: expect.any(DeterminismViolationError) });
});
