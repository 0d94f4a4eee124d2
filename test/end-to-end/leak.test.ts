// Nothing of a row, a request, an answer, an error's body or a key leaves the store: the test puts canaries into all of them and
// searches every place that people and machines can read.

import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobReport } from '../../domain/report/report.ts';
import { startDevServer } from '../../scripts/dev-server.ts';
import { Cell, type CellOptions, until } from './crash/cell.ts';

let server: Awaited<ReturnType<typeof startDevServer>>;
let connection: Connection;
let client: Client;
const folder = mkdtempSync(join(tmpdir(), 'nightshift-test-leak-'));

beforeAll(async () => {
  server = await startDevServer({
    headless: true,
    dbFilename: join(folder, 'temporal.db'),
    log: join(folder, 'server.log'),
  });
  connection = await Connection.connect({ address: server.address });
  client = new Client({ connection });
});

afterAll(async () => {
  await connection?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Every string in a reply of the server, its payloads decoded. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (Array.isArray(value)) return value.map(textOf).join('\n');
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([key, inner]) => `${key} ${textOf(inner)}`)
    .join('\n');
}

const canary = (of: string): string => `canary-${of}-5e1f`;
const anyCanary = /canary-[a-z]+-5e1f/g;

/** Everything readable of all workflows: descriptions with memo and heartbeats, current details, queries. */
async function readableNow(): Promise<string> {
  const seen: string[] = [];
  for await (const { workflowId, runId } of client.workflow.list()) {
    const handle = client.workflow.getHandle(workflowId, runId);
    seen.push(
      textOf(
        await client.workflowService.describeWorkflowExecution({
          namespace: 'default',
          execution: { workflowId, runId },
        }),
      ),
    );
    for (const query of ['__temporal_workflow_metadata', 'status', 'batches']) {
      seen.push(textOf(await handle.query(query).catch(() => '')));
    }
  }
  return seen.join('\n');
}

async function histories(): Promise<string> {
  const seen: string[] = [];
  for await (const { workflowId, runId } of client.workflow.list()) {
    seen.push(textOf(await client.workflow.getHandle(workflowId, runId).fetchHistory()));
  }
  return seen.join('\n');
}

function troublesomeRows(at: Cell): void {
  const row = canary('row');
  at.dataset(300, (number) =>
    number % 50 === 0 ? `${row} [[fail:400]]` : number % 7 === 0 ? `${row} [[fail-once:500]]` : `${row} ${number}`,
  );
  const bad = [
    `{"id": "x1", "text": "${canary('malformed')}`,
    `["${canary('malformed')}"]`,
    `{"id": "${canary('malformed')}", "other": "${canary('malformed')}"}`,
    `{"id": "ticket-1", "text": {"${canary('malformed')}": 1}}`,
  ];
  appendFileSync(join(at.root, 'rows.jsonl'), `${bad.join('\n')}\n`);
}

function jobs(at: Cell): Record<'openai' | 'anthropic' | 'bad', unknown> {
  const prompt = `${canary('prompt')} {{ text }}`;
  const common = { maxRejectRate: 0.5, poll: { initial: '300ms', max: '500ms' }, retry: { backoff: '500ms' } };
  const openai = at.openaiJob(1);
  const anthropic = at.anthropicJob(1);
  troublesomeRows(at);
  return {
    openai: {
      ...openai,
      ...common,
      request: { messages: [{ role: 'user', content: prompt }] },
      schema: { type: 'object', required: [canary('schema')] },
    },
    anthropic: { ...anthropic, ...common, request: { max_tokens: 16, messages: [{ role: 'user', content: prompt }] } },
    bad: {
      ...openai,
      request: { messages: `${canary('prompt')} {{ text | nothing }} {% if %}` },
      retry: { rounds: canary('prompt') },
    },
  };
}

const troubles: CellOptions = {
  emulator: {
    answer: { mode: 'json', value: { label: canary('answer') } },
    errorBodyText: canary('error'),
    itemErrors: { rateInvalidJson: 0.05, malformedLines: 0.05, foreign: 0.05 },
    calls: {
      'openai.batches.create': { status: 400, times: 1 },
      'openai.batches.retrieve': { status: 500, times: 1 },
      'anthropic.batches.list': { status: 500, times: 1 },
    },
  },
  workerEnv: { OPENAI_API_KEY: canary('key'), ANTHROPIC_API_KEY: canary('key'), NIGHTSHIFT_LOG_LEVEL: 'debug' },
};

test(
  'canaries in rows, prompts, answers, error bodies and keys are found in no history, log, memo, heartbeat or detail',
  () =>
    Cell.with({ address: server.address, client }, 'leak', troubles, async (at) => {
      for (const [name, job] of Object.entries(jobs(at))) {
        writeFileSync(join(at.root, `${name}.json`), JSON.stringify(job));
      }
      // It holds up the job until the key is refused, however long the rest of the start takes.
      await at.control.barrier({ name: 'create', route: 'openai.batches.create', when: 'before' });
      const handles = [
        await at.start({ job: 'openai.json' }, 'leak-openai'),
        await at.start({ job: 'anthropic.json' }, 'leak-anthropic'),
      ];
      const refused = await at.start({ job: 'bad.json' }, 'leak-bad');
      await expect(refused.result()).rejects.toThrow();

      const duringTrouble = await resumeAfterTrouble(at, handles);
      const { seen, reports } = await readUntilTheEnd(handles);
      expect(reports.every(({ rows }) => rows.refused >= 3 && rows.failed > 0)).toBe(true);

      const places = await readPlaces(at, duringTrouble + seen);
      // Each place is really read: something that may be there is.
      expect(places['descriptions, details and queries']).toContain('leak-openai');
      expect(places.histories).toContain('runs/leak-openai/');
      expect(places['logs of the worker']).toContain('worker ready');
      expect(places["the server's temporal.db"]).toContain('runs/leak-openai/');
      const found = Object.entries(places).flatMap(([place, text]) =>
        (text.match(anyCanary) ?? []).map((what) => `${what} in ${place}`),
      );
      expect([...new Set(found)]).toEqual([]);

      // The canaries were there to be found: the store has them.
      expect(readFileSync(at.path('results.jsonl', 'leak-anthropic'), 'utf8')).toContain(canary('answer'));
      expect(readFileSync(at.path('failures.jsonl', 'leak-anthropic'), 'utf8')).toContain(canary('row'));
      for (const file of ['failures.jsonl', 'results.jsonl']) {
        expect(readFileSync(at.path(file, 'leak-openai'), 'utf8')).toContain(`Invalid request. ${canary('error')}`);
      }
      expect((await at.control.requests()).some(({ status }) => status === 401)).toBe(true);
    }),
  150_000,
);

/** The provider refuses the key until a person resumes the jobs. Returns what could be read in between. */
async function resumeAfterTrouble(at: Cell, handles: readonly WorkflowHandle[]): Promise<string> {
  await at.control.waitHit('create');
  await at.control.setOptions({ auth: { reject: 401 } });
  await at.control.release('create');
  await until('trouble is seen', async () => (await readableNow()).includes('the provider refuses the key'), 60_000);
  const seen = await readableNow();
  await at.control.setOptions({ auth: null });
  for (const handle of handles) await handle.executeUpdate('resume');
  return seen;
}

/** Reads again and again what can be read, until all jobs have ended. */
async function readUntilTheEnd(handles: readonly WorkflowHandle[]): Promise<{ seen: string; reports: JobReport[] }> {
  let open = handles.length;
  const ends = Promise.all(
    handles.map((handle) =>
      handle.result().finally(() => {
        open -= 1;
      }),
    ),
  );
  let seen = '';
  while (open > 0) {
    seen += await readableNow();
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return { seen, reports: await ends };
}

async function readPlaces(at: Cell, seen: string): Promise<Record<string, string>> {
  const places: Record<string, string> = {
    'descriptions, details and queries': seen + (await readableNow()),
    histories: await histories(),
    'logs of the worker': readFileSync(at.log, 'utf8'),
    'logs of the server': readFileSync(join(folder, 'server.log'), 'utf8'),
  };
  for (const name of readdirSync(folder)) {
    places[`the server's ${name}`] = readFileSync(join(folder, name)).toString('latin1');
  }
  return places;
}
