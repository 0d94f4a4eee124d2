// Mistakes with a job's output folder: each ends the job immediately, with a message, and changes nothing of a person's own.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { Cell } from './crash/cell.ts';
import { realServer } from './server.ts';

const server = realServer();
const limitMs = 60_000;

function put(at: Cell, file: string, text: string, folder: string): string {
  const path = at.path(file, folder);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

async function refusal(at: Cell, job: unknown, workflowId: string): Promise<string> {
  const error: unknown = await (await at.start(job, workflowId)).result().catch((failure: unknown) => failure);
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : 'not refused';
}

test(
  'a dataset inside the output, and a job.json of the user, are refused and stay as they are',
  () =>
    Cell.with(server, 'refused-output', {}, async (at) => {
      const failures = `${JSON.stringify({ id: 'a', text: 'again' })}\n`;
      const dataset = put(at, 'failures.jsonl', failures, 'earlier');
      const job = at.openaiJob(10);
      const inside = { ...job, dataset: 'runs/earlier/failures.jsonl', output: 'runs/earlier' };
      expect(await refusal(at, inside, 'inside')).toContain('runs/earlier/failures.jsonl is inside `output`');
      expect(readFileSync(dataset, 'utf8')).toBe(failures);
      expect(readdirSync(dirname(dataset))).toEqual(['failures.jsonl']);

      const own = put(at, 'job.json', JSON.stringify(job), 'mine');
      expect(await refusal(at, job, 'mine')).toContain('runs/mine/job.json was not written by Nightshift');
      expect(readFileSync(own, 'utf8')).toBe(JSON.stringify(job));
      expect(readdirSync(dirname(own))).toEqual(['job.json']);
      expect((await at.control.counts()).requests).not.toHaveProperty('openai.files.create');
    }),
  limitMs,
);

test(
  'a typo in a template is refused; fixed, the job is started again with the same output',
  () =>
    Cell.with(server, 'typo', {}, async (at) => {
      const job = at.openaiJob(60);
      const wrong = { ...job, request: { messages: [{ role: 'user', content: '{{ txet }}' }] } };
      const message = await refusal(at, wrong, 'typo');
      expect(message).toContain('txet');
      expect(await refusal(at, wrong, 'typo')).toBe(message);
      const report = await (await at.start(job)).result();
      await at.expectComplete(report, 60, 1);
    }),
  limitMs,
);
