// One test's own environment on a shared server: an emulator, a data folder, and workers on a separate task queue.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { expect, inject } from 'vitest';
import type { JobReport } from '../../../domain/report/report.ts';
import type { OptionsInput } from '../../../emulator/faults/options.ts';
import { createControl } from '../../../emulator/server/control.ts';
import { startEmulator } from '../../../emulator/server/start.ts';
import { emulatedAccounts } from '../../../scripts/stack.ts';
import { type Child, startScript } from '../../../scripts/tools/child.ts';

export interface Surroundings {
  readonly address: string;
  readonly client: Client;
}

export interface CellOptions {
  readonly emulator?: OptionsInput;
  readonly workerEnv?: Readonly<Record<string, string>>;
  /** Whose accounts the worker has besides those of OpenAI, Anthropic and Gemini. Default: none. */
  readonly providers?: readonly string[];
  /** How many workers to start. Default 1. */
  readonly workers?: number;
}

export interface Result {
  readonly id: string | number;
  readonly row: number;
  readonly status: 'answered' | 'failed';
  readonly output: unknown;
  readonly attempts: number;
  readonly lane: string;
  readonly reason?: string;
  readonly costUsd: number | null;
}

/** Shortens waits that last minutes in production. */
const quick = {
  NIGHTSHIFT_SETTLE: '1s',
  NIGHTSHIFT_CREATE_TIMEOUT: '2s',
  NIGHTSHIFT_HEARTBEAT: '2s',
  NIGHTSHIFT_READ_AGAIN: '1s',
  NIGHTSHIFT_NOT_SHOWN: '40s',
};

export class Cell {
  readonly name: string;
  readonly root: string;
  /** The log of all workers. */
  readonly log: string;
  readonly control: ReturnType<typeof createControl>;
  readonly client: Client;
  readonly env: Readonly<Record<string, string>>;
  readonly #workers: Child[] = [];

  private constructor(
    name: string,
    root: string,
    at: Surroundings,
    emulator: Awaited<ReturnType<typeof startEmulator>>,
    workerEnv: Readonly<Record<string, string>>,
  ) {
    this.name = name;
    this.client = at.client;
    this.root = root;
    this.log = join(this.root, 'worker.log');
    this.control = createControl(emulator.url);
    this.env = {
      ...quick,
      TEMPORAL_ADDRESS: at.address,
      OPENAI_BASE_URL: emulator.openaiBaseUrl,
      OPENAI_API_KEY: 'test',
      ANTHROPIC_BASE_URL: emulator.anthropicBaseUrl,
      ANTHROPIC_API_KEY: 'test',
      GEMINI_BASE_URL: emulator.geminiBaseUrl,
      GEMINI_API_KEY: 'test',
      NIGHTSHIFT_DATA: this.root,
      NIGHTSHIFT_TASK_QUEUE: name,
      NIGHTSHIFT_BUNDLE: inject('workflowBundlePath'),
      ...workerEnv,
    };
  }

  /** Runs a test in a new cell with workers, and removes everything afterwards. */
  static async with(
    at: Surroundings,
    name: string,
    options: CellOptions,
    use: (cell: Cell) => Promise<void>,
  ): Promise<void> {
    const root = mkdtempSync(join(tmpdir(), 'nightshift-test-'));
    const times = { validateMs: 50, runMs: 1000, finalizeMs: 50 };
    const emulator = await startEmulator({ ...times, bucketsDir: root, ...options.emulator });
    const accounts = findAccounts(emulator.url, options.providers ?? []);
    const cell = new Cell(name, root, at, emulator, { ...accounts, ...options.workerEnv });
    try {
      for (let started = 0; started < (options.workers ?? 1); started += 1) await cell.startWorker();
      await use(cell);
    } finally {
      await Promise.all(cell.#workers.map((worker) => worker.stop()));
      await emulator.close();
      rmSync(cell.root, { recursive: true, force: true });
    }
  }

  /** The worker that was started last. */
  get worker(): Child {
    const worker = this.#workers.at(-1);
    if (worker === undefined) throw new Error('no worker was started');
    return worker;
  }

  async startWorker(env: Readonly<Record<string, string>> = {}): Promise<Child> {
    const worker = startScript('worker/main.ts', [], {
      name: 'worker',
      logFile: this.log,
      env: { ...this.env, ...env },
    });
    this.#workers.push(worker);
    await worker.waitForLine((line) => (line.includes('worker ready') ? line : undefined), 60_000);
    return worker;
  }

  /** Kills the worker with SIGKILL and starts another one. */
  async replaceWorker(): Promise<void> {
    await this.worker.kill();
    await this.startWorker();
  }

  dataset(rows: number, text = (row: number): string => `ticket ${this.name} ${row}`): string {
    const lines = Array.from({ length: rows }, (_, index) =>
      JSON.stringify({ id: `${this.name}-${index + 1}`, text: text(index + 1) }),
    );
    writeFileSync(join(this.root, 'rows.jsonl'), `${lines.join('\n')}\n`);
    return 'rows.jsonl';
  }

  openaiJob(rows: number): Record<string, unknown> {
    return {
      dataset: this.dataset(rows),
      provider: 'openai',
      model: 'gpt-5.4-mini',
      request: { messages: [{ role: 'user', content: '{{ text }}' }], max_completion_tokens: 16 },
      batch: { maxItems: 100 },
      poll: { initial: '500ms', max: '1s' },
      retry: { backoff: '1s' },
    };
  }

  geminiJob(rows: number): Record<string, unknown> {
    const { request: _, ...job } = this.openaiJob(rows);
    return { ...job, provider: 'gemini', model: 'gemini-2.5-flash', prompt: { user: '{{ text }}', maxTokens: 16 } };
  }

  anthropicJob(rows: number): Record<string, unknown> {
    return {
      ...this.openaiJob(rows),
      provider: 'anthropic',
      model: 'claude-haiku-4-5',
      request: { max_tokens: 16, messages: [{ role: 'user', content: '{{ text }}' }] },
    };
  }

  start(job: unknown, workflowId = this.name): Promise<WorkflowHandle> {
    return this.client.workflow.start('processDataset', { workflowId, taskQueue: this.name, args: [job] });
  }

  path(file: string, workflowId = this.name): string {
    return join(this.root, 'runs', workflowId, file);
  }

  has(file: string, workflowId = this.name): boolean {
    return existsSync(this.path(file, workflowId));
  }

  /** A file of the job that holds one JSON value. */
  readJson<T>(file: string, workflowId = this.name): T {
    return JSON.parse(readFileSync(this.path(file, workflowId), 'utf8'));
  }

  results(workflowId = this.name): Result[] {
    const text = readFileSync(this.path('results.jsonl', workflowId), 'utf8');
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  }

  /** Every row answered once and in order, nothing billed twice and, where their number is given, not one batch more. */
  async expectComplete(report: JobReport, rows: number, batches: number | null, output = this.name): Promise<void> {
    expect(report).toMatchObject({ verdict: 'complete', rows: { accepted: rows, answered: rows, failed: 0 } });
    const results = this.results(output);
    expect(results.map(({ row }) => row)).toEqual(Array.from({ length: rows }, (_, index) => index + 1));
    expect(results.every(({ status }) => status === 'answered')).toBe(true);
    const counts = await this.control.counts();
    expect(counts.billedTwice).toEqual({ byCustomId: [], byBody: [] });
    if (batches !== null) expect(counts.batchesCreated).toBe(batches);
    expect(counts.acrossLanes).toEqual([]);
  }
}

/** The variables of a worker that dies at this point between two effects on its disk: see `die-at.ts`. */
export const dieAt = (point: string): Record<string, string> => ({
  NODE_OPTIONS: `--import=${new URL('die-at.ts', import.meta.url).href}`,
  NIGHTSHIFT_TEST_DIE: point,
});

/** The variables of some providers' accounts. */
function findAccounts(emulatorUrl: string, providers: readonly string[]): Record<string, string> {
  const isWanted = (variable: string): boolean =>
    providers.some((name) => variable.startsWith(`${name.toUpperCase()}_`));
  return Object.fromEntries(Object.entries(emulatedAccounts(emulatorUrl)).filter(([variable]) => isWanted(variable)));
}

/** Checks again every few milliseconds. Throws after the limit. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, limitMs = 90_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
