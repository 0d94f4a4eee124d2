// What commands say without a server: tables that fit, the words after a change, how a job ended, and where its page is.

import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { suggestFiles } from '../../../client/cli/commands/failures.ts';
import { changeJob } from '../../../client/cli/context.ts';
import { chooseExitCode } from '../../../client/cli/exit-codes.ts';
import {
  describePaused,
  describeResumed,
  describeRetry,
  describeSettings,
} from '../../../client/cli/print/change-words.ts';
import { overviewFacts, suggestNext } from '../../../client/cli/print/overview-facts.ts';
import { factsText, hangingText, rowsText } from '../../../client/cli/print/table.ts';
import { listFacts } from '../../../client/cli/print-job.ts';
import type { ListedJob } from '../../../client/job-list.ts';
import type { Nightshift } from '../../../client/nightshift.ts';
import type { JobOverview } from '../../../client/overview/read-overview.ts';
import { guessWebUi, linkJob } from '../../../client/overview/web-ui.ts';
import type { JobStatus } from '../../../domain/progress/status.ts';
import { jobStatus } from './fake-terminal.ts';

const listed: ListedJob = {
  id: 'tickets-nightly-2026-11-26T02:00:00Z',
  state: 'completed',
  phase: 'done',
  provider: 'openai',
  model: 'gpt-5.4-mini',
  startedAt: '2026-11-26T02:00:00.000Z',
  endedAt: '2026-11-26T03:30:00.000Z',
  progress: null,
  verdict: 'partial',
  answered: 1_234_567,
  failed: 12,
  costUsd: 1234.5,
  results: 'runs/tickets/results.jsonl',
};

const widest = (text: string): number =>
  Math.max(
    ...stripVTControlCharacters(text)
      .split('\n')
      .map(({ length }) => length),
  );

test('a list fits 80 columns: what is least important is left out, and named; with room it is there', () => {
  const rows = [listed, { ...listed, id: 'b', state: 'running', phase: 'running', progress: 0.35 } as const].map(
    listFacts,
  );
  const narrow = rowsText(rows, 80);
  expect(widest(narrow.text)).toBeLessThanOrEqual(80);
  expect(narrow.text).toContain(listed.id);
  expect(narrow.text).toMatch(/b\s+running\s+35%/);
  expect(narrow.omitted).toEqual(['cost', 'started', 'took', 'model', 'provider']);
  expect(rowsText(rows, 200)).toMatchObject({ omitted: [] });
});

test('facts are broken between words, and a path that is too long is whole on a line of its own', () => {
  const path = `runs/${'x'.repeat(90)}`;
  const text = factsText({ alerts: 'a batch is over 30 minutes in validating, and another one is', output: path }, 40);
  expect(stripVTControlCharacters(text)).toBe(
    ['alerts  a batch is over 30 minutes in', '        validating, and another one is', 'output', path].join('\n'),
  );
});

test('in a window with little room, the text of a fact is below its name and takes the whole width', () => {
  const text = factsText({ 'estimated end': 'in about 59m', alerts: ['a batch is late', 'and another'] }, 20);
  expect(stripVTControlCharacters(text)).toBe(
    ['estimated end', 'in about 59m', 'alerts', 'a batch is late', 'and another'].join('\n'),
  );
});

test('a finding with a long fix fits 80 columns', () => {
  const lines = ['none polls task queue nightshift', `-> ${'start one '.repeat(20)}`];
  const text = hangingText('bad   workers', 'bad   workers', 26, lines, 80);
  expect(widest(text)).toBeLessThanOrEqual(80);
  expect(text).toContain(
    `bad   workers${' '.repeat(13)}none polls task queue nightshift\n${' '.repeat(26)}-> start one`,
  );
});

const status = {
  phase: 'running',
  pause: null,
  pauses: [],
  items: {
    answered: 5,
    underWay: 10,
    notStarted: 0,
    toRetry: 0,
    failed: 9,
    byReason: { truncated: 6, refused: 1, in_doubt: 2 },
  },
  batches: { planned: 3, notStarted: 0, open: 1, done: 2, byStage: {} },
  budgetUsd: 5,
  concurrency: 3,
  // biome-ignore lint/suspicious/noThenProperty: the public name of a choice, and never a function.
  deadline: { batchMs: 15 * 60_000, jobMs: null, then: 'fail' },
  retryReasons: ['truncated'],
} as unknown as JobStatus;

test('a change is answered with what is true now', () => {
  const pause = { reason: 'person', since: 0, note: 'lunch' } as const;
  const paused: JobStatus = { ...status, phase: 'paused', pause, pauses: [pause] };
  expect(describePaused('a', paused)).toBe(
    'a is paused: lunch; its open batch is still collected; to continue: ./nightshift resume a',
  );
  expect(describePaused('a', { ...status, phase: 'merging' })).toBe('a is merging: nothing is left to pause');
  expect(describeResumed('a', status)).toBe('a is not paused: it is running');
  const budget = { ...pause, reason: 'budget', note: 'too small' } as const;
  expect(describeResumed('a', { ...paused, pauses: [budget] })).toBe(
    'a is still paused: too small: ./nightshift set a --budget <usd>',
  );
  expect(describeSettings('a', status)).toBe(
    'a now has a budget of $5.00; 3 batches at the same time; 15m for a batch, no deadline for the job, then fail',
  );
  expect(describeRetry('a', status)).toBe(
    'a makes one more round after this wave: 6 truncated will be sent again; not sent again: 1 refused, 2 in_doubt; what fails for truncated until then is sent too',
  );
  expect(
    describeRetry('a', { ...status, retryReasons: ['unsupported'] as unknown as JobStatus['retryReasons'] }),
  ).toContain('nothing has failed for these reasons so far');
});

const ended: JobOverview = {
  ...listed,
  id: 'a',
  taskQueue: 'elsewhere',
  error: null,
  silence: null,
  failingCall: null,
  collecting: [],
  blocked: null,
  webUi: null,
};
const running: JobOverview = {
  ...ended,
  state: 'running',
  phase: 'running',
  endedAt: null,
  verdict: null,
  answered: null,
};

test.each([
  ['completed without a failed row', { failed: 0 }, 0, 'partial'],
  ['completed with failed rows', {}, 3, 'partial'],
  ['completed without an answer', { verdict: 'none' }, 3, 'no answers'],
  ['failed', { state: 'failed', verdict: null }, 4, 'failed'],
  ['terminated', { state: 'terminated', verdict: null }, 4, 'terminated'],
  ['timed out', { state: 'timed_out', verdict: null }, 4, 'timed out'],
  ['cancelled', { state: 'cancelled' }, 5, 'cancelled, partial'],
  ['running', { state: 'running', phase: 'backing_off' }, 0, 'backing_off'],
] as const)('a job that is %s has its state and its exit code', (_, change, code, state) => {
  const job = { ...ended, ...change };
  expect(chooseExitCode(job)).toBe(code);
  expect(overviewFacts(job, Date.parse('2026-11-26T04:00:00Z')).state).toBe(state);
});

test.each(['terminated', 'timed_out', 'failed'] as const)(
  'the counts of a job that is %s are marked as last known',
  (state) => {
    const job = { ...ended, ...jobStatus, phase: null, startedAt: ended.startedAt, state, costUsd: 1 } as const;
    const facts = overviewFacts(job, 0);
    expect(facts.rows).toBe('last known: 500 answered, 990 in progress, 500 not started, 10 failed');
    expect(facts.batches).toBe('last known: 20 planned: 10 running, 5 done, 5 not started');
    expect(String(overviewFacts({ ...job, state: 'completed' }, 0).rows)).toMatch(/^500 answered/);
  },
);

test('rows in doubt are shown where they are, in a file of their own', () => {
  const [bad, inDoubt] = [
    { reason: 'bad_request', count: 2 },
    { reason: 'in_doubt', count: 3 },
  ];
  const failedLine = expect.stringContaining('results a --failed');
  const inDoubtLine = expect.stringContaining('results a --in-doubt');
  expect(suggestFiles('a', [inDoubt])).toEqual([inDoubtLine]);
  expect(suggestFiles('a', [bad, inDoubt])).toEqual([failedLine, inDoubtLine]);
  expect(suggestFiles('a', [bad])).toEqual([failedLine]);
  expect(suggestFiles('a', [])).toEqual([]);
});

test('without a worker, what Temporal knows is shown, and who would have to answer', () => {
  const silence = 'no worker polls task queue elsewhere';
  const facts = overviewFacts({ ...running, silence, progress: 0.35 }, Date.parse('2026-11-26T04:00:00Z'));
  expect(facts).toMatchObject({
    'no answer': 'no worker polls task queue elsewhere: NIGHTSHIFT_TASK_QUEUE=elsewhere npm run worker',
    'running for': '2h',
    progress: 'about 35%',
    rows: null,
  });
  expect(overviewFacts(ended, 0)).toMatchObject({ took: '1h 30m', rows: '1,234,567 answered, 12 failed' });
});

test('a call that fails is told with the time since when, before faults that are over', () => {
  const failingCall = { fault: 'overloaded', since: '2026-11-26T03:00:00.000Z', attempts: 7, workflow: 'a' };
  const at = Date.parse('2026-11-26T02:30:00Z');
  const lastFault = { fault: 'no_money', since: at - 600_000, at };
  const now = Date.parse('2026-11-26T04:00:00Z');
  expect(overviewFacts({ ...running, failingCall, lastFault }, now)['last fault']).toBe(
    'overloaded (7 attempts in 1h, since 2026-11-26 03:00Z)',
  );
  expect(overviewFacts({ ...running, lastFault }, now)['last fault']).toBe(
    'no money, last from 2026-11-26 02:20Z to 2026-11-26 02:30Z',
  );
});

test('a change of a job that ended is refused with a next command that fits how it ended', async () => {
  const refusal = (job: Partial<ListedJob>): Promise<unknown> => {
    const jobs = { describe: async () => ({ ...ended, ...job }) } as unknown as Nightshift;
    const context = { jobs: async () => jobs, dataRoot: '.', taskQueue: 'x' };
    return changeJob(context, 'a', () => expect.unreachable()).catch((error: Error) => error.message);
  };
  expect(await refusal({ failed: 0 })).toBe('a has ended and cannot be changed');
  expect(await refusal({})).toMatch(/`reuse` sends the failed items again, see `.*nightshift report a`$/);
  expect(await refusal({ state: 'terminated', results: null })).toMatch(
    /^a was terminated and cannot be changed: `.*nightshift status a` shows/,
  );
});

test('a job that did not end as it should has a next command', () => {
  expect(suggestNext(ended)).toEqual([expect.stringContaining('results a --failed')]);
  expect(suggestNext({ ...ended, state: 'terminated', output: 'runs/a/' })).toEqual([
    expect.stringContaining('"resumeFrom": "runs/a/"'),
  ]);
  expect(suggestNext({ ...ended, failed: 0 })).toEqual([]);
  const items = { ...status.items, byReason: { in_doubt: 12 } };
  expect(suggestNext({ ...ended, items })).toEqual([expect.stringContaining('results a --in-doubt')]);
});

test('a job is linked by its id, and one whose id would mean a folder by a search', () => {
  const link = (id: string): string => linkJob('http://ui', 'default', id, 'run');
  expect(link('a/b c')).toBe('http://ui/namespaces/default/workflows/a%2Fb%20c/run/history');
  for (const id of ['.', '..']) {
    const { pathname, searchParams } = new URL(link(id));
    expect([pathname, searchParams.get('query')]).toEqual(['/namespaces/default/workflows', `WorkflowId="${id}"`]);
  }
  expect(new URL(link('...')).pathname).toBe('/namespaces/default/workflows/.../run/history');
});

test.each([
  ['localhost:7233', 'http://localhost:8233'],
  ['127.0.0.1:9000', 'http://localhost:10000'],
  ['acme.a1b2c.tmprl.cloud:7233', 'https://cloud.temporal.io'],
  ['temporal.internal:7233', null],
])('the Web UI of %s is at %s', (address, url) => expect(guessWebUi(address)).toBe(url));
