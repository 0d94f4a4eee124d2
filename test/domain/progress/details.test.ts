// The details of jobs and batches in the Web UI, as the markdown that they are written in.

import { expect, test } from 'vitest';
import { holdReasons } from '../../../domain/batch/machine.ts';
import { type BatchFacts, renderBatchPage } from '../../../domain/progress/batch-page.ts';
import { renderFailurePage } from '../../../domain/progress/failure-page.ts';
import type { JobStatus } from '../../../domain/progress/status.ts';
import { renderStatusPage } from '../../../domain/progress/status-page.ts';
import { refusalKinds } from '../../../domain/refusal.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const now = 100 * hourMs;

const status: JobStatus = {
  phase: 'running',
  pause: null,
  pauses: [],
  wave: 1,
  waveKind: 'first',
  rows: { accepted: 1000, refused: 3, duplicates: 0, carriedOver: 0 },
  items: { answered: 400, underWay: 390, notStarted: 200, toRetry: 0, failed: 10, byReason: { bad_request: 10 } },
  batches: { planned: 10, notStarted: 2, open: 4, done: 4, byStage: { done: 4, running: 3, validating: 1 } },
  progress: 0.4,
  capacity: [],
  tokens: { input: 1, output: 1 },
  costUsd: 0.5,
  estimateUsd: 12.345,
  budgetUsd: 20,
  concurrency: 10,
  // biome-ignore lint/suspicious/noThenProperty: the public name of a choice, and never a function.
  deadline: { batchMs: 20 * hourMs, jobMs: null, then: 'fallback' },
  retryReasons: null,
  lastFault: null,
  startedAt: now - hourMs,
  estimatedEndAt: null,
  nextLookAt: now + minuteMs,
  alerts: ['a batch is over 30 minutes in validating'],
  output: 'runs/tickets/',
};

test('a job: one table, its times as times of day, and a last paragraph that may be lost', () => {
  expect(renderStatusPage(status, now, null)).toMatchInlineSnapshot(`
    "**running** · wave 1 (first) · started 1970-01-05 03:00 UTC

    ████████░░░░░░░░░░░░ 40% 400 of 1000 rows answered

    - ⚠️ a batch is over 30 minutes in validating

    Waits for the provider: 4 batches open; next poll about 1970-01-05 04:01 UTC.

    Output: \`runs/tickets/\`

    | | |
    |---|---:|
    | **rows** | |
    | answered | 400 |
    | in progress | 390 |
    | not started | 200 |
    | failed | 10 |
    | rows refused | 3 |
    | **not answered, by reason** | |
    | bad_request | 10 |
    | **batches** | |
    | done | 4 |
    | running | 3 |
    | validating | 1 |
    | not started | 2 |
    | **cost in USD** | |
    | so far | 0.5000 |
    | estimated | 12.35 |
    | budget | 20.00 |

    _As of 1970-01-05 04:00 UTC._"
  `);
});

test('attempts of unknown cost are counted below what is known', () => {
  expect(renderStatusPage({ ...status, unpriced: 7 }, now, null)).toContain(
    '| so far | 0.5000 |\n| attempts of unknown cost | 7 |\n| estimated |',
  );
});

test('before anything was paid, nothing is the cost; what was paid at an unknown cost stays unknown', () => {
  expect(renderStatusPage({ ...status, costUsd: null }, now, null)).toContain('| so far | 0.0000 |');
  expect(renderStatusPage({ ...status, costUsd: null, unpriced: 1 }, now, null)).toContain('| so far | unknown |');
});

const batch: BatchFacts = {
  planned: { items: 200, model: 'gpt-5.4-mini', lane: 'batch' },
  provider: 'openai',
  step: { kind: 'hold', why: 'running', until: now + 5 * minuteMs },
  ids: ['batch_1'],
  seen: { status: 'in_progress', counts: { total: 200, done: 50, failed: 2 } },
  createdAt: now - hourMs,
  deadlineMs: 20 * hourMs,
  trouble: null,
  lastFault: { what: 'not_found', at: now - minuteMs },
  tally: null,
};

test('a batch: its id, its state and counts at the provider, its last fault and its next poll', () => {
  expect(renderBatchPage(batch, now)).toMatchInlineSnapshot(`
    "**next poll at 1970-01-05 04:05 UTC** · 200 items to gpt-5.4-mini, batch lane of openai

    █████░░░░░░░░░░░░░░░ 25% 50 of 200 items done at the provider

    | | |
    |---|---:|
    | **batch** | |
    | id at the provider | \`batch_1\` |
    | state at the provider | in_progress |
    | failed at the provider | 2 |
    | created | 1970-01-05 03:00 UTC |
    | deadline | 1970-01-05 23:00 UTC (20h after the creation) |
    | last fault | not_found at 1970-01-05 03:59 UTC |

    _As of 1970-01-05 04:00 UTC._"
  `);
});

test('a batch that nothing is known of shows what it does, and no table', () => {
  const unknown = {
    ...batch,
    step: { kind: 'upload' },
    ids: [],
    seen: null,
    createdAt: null,
    lastFault: null,
  } as const;
  expect(renderBatchPage(unknown, now).split('\n\n')).toEqual([
    '**uploads the requests** · 200 items to gpt-5.4-mini, batch lane of openai',
    '_As of 1970-01-05 04:00 UTC._',
  ]);
});

test('a batch that has ended shows its answers and its cost', () => {
  const page = renderBatchPage({ ...batch, step: { kind: 'done' }, tally: { answered: 198, costUsd: 0.5 } }, now);
  expect(page).toContain('198 of 200 items answered');
  expect(page).toContain('| cost in USD | 0.5 |');
  expect(page).not.toContain('deadline');
});

test('each reason to wait has words of its own', () => {
  const heads = holdReasons.map((why) => renderBatchPage({ ...batch, step: { kind: 'hold', why, until: null } }, now));
  expect(new Set(heads).size).toBe(holdReasons.length);
});

test('a failed job: why, and what to do', () => {
  const failure = {
    state: 'failed',
    kind: 'dataset_missing',
    message: 'dataset: no file at x.jsonl',
    output: null,
  } as const;
  expect(renderFailurePage(failure, now)).toMatchInlineSnapshot(`
    "**failed** · dataset_missing

    - dataset: no file at x.jsonl

    Correct \`dataset\`, which is resolved under the data folder of the worker, then start the job again.

    _As of 1970-01-05 04:00 UTC._"
  `);
});

test('each refusal has a remedy of its own, and a long list of problems is cut', () => {
  const pages = refusalKinds.map((kind) =>
    renderFailurePage({ state: 'failed', kind, message: 'm', output: null }, now),
  );
  expect(new Set(pages.map((page) => page.split('\n\n')[2])).size).toBe(refusalKinds.length);
  const message = Array.from({ length: 200 }, (_, line) => `line ${line}: bad`).join('\n');
  expect(renderFailurePage({ state: 'failed', kind: 'invalid_job', message, output: null }, now)).toContain(
    '- line 19: bad\n- and 180 more\n',
  );
});
