// A queue on a test's site: its updates, its page, and what its flushes answered.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { WithStartWorkflowOperation, type Workflow, type WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { expect } from 'vitest';
import type { QueuePage } from '../../../domain/queue/page.ts';
import type { Added, AddInput } from '../../../workflows/queue/messages.ts';
import { Site } from '../site.ts';

const realStepMs = 200;

export class QueueSite {
  readonly site: Site;
  readonly #spec: Record<string, unknown>;
  readonly name: string;

  /** Ends the queue afterwards: time is not skipped while a workflow without a worker waits for a task. */
  static with(
    env: TestWorkflowEnvironment,
    name: string,
    options: Parameters<typeof Site.with>[2] & {
      readonly queue?: Record<string, unknown>;
      readonly job?: Record<string, unknown>;
    },
    use: (queue: QueueSite, site: Site) => Promise<void>,
  ): Promise<void> {
    const { queue: changes = {}, job = {}, ...rest } = options;
    return Site.with(env, name, rest, async (site) => {
      const queue = new QueueSite(site, changes, job);
      try {
        await use(queue, site);
      } finally {
        await queue.handle.terminate().catch(() => undefined);
      }
    });
  }

  private constructor(site: Site, changes: Record<string, unknown>, job: Record<string, unknown>) {
    this.site = site;
    this.name = site.name;
    this.#spec = {
      job: {
        provider: 'openai',
        model: 'gpt-5.4-mini',
        request: { messages: [{ role: 'user', content: '{{ text }}' }], max_completion_tokens: 16 },
        minBatchItems: 0,
        ...job,
        poll: site.env.supportsTimeSkipping ? { initial: '1m', max: '5m' } : { initial: '300ms', max: '500ms' },
      },
      ...changes,
    };
  }

  get handle(): WorkflowHandle {
    return this.site.client.workflow.getHandle(`queue/${this.name}`);
  }

  /** As the Temporal CLI does it: the first one starts the queue. */
  add(input: AddInput): Promise<Added> {
    const startWorkflowOperation = new WithStartWorkflowOperation('processQueue', {
      workflowId: `queue/${this.name}`,
      taskQueue: this.site.name,
      args: [this.#spec],
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
    return this.site.client.workflow.executeUpdateWithStart<Workflow, Added, [AddInput]>('add', {
      args: [input],
      startWorkflowOperation,
    });
  }

  addRows(from: number, to: number, more: Partial<AddInput> = {}): Promise<Added> {
    return this.add({ items: makeItems(from, to), ...more } as AddInput);
  }

  update(name: string, input?: unknown): Promise<QueuePage> {
    return this.handle.executeUpdate<QueuePage, [unknown]>(name, { args: [input] });
  }

  page(): Promise<QueuePage> {
    return this.handle.query<QueuePage, []>('queue');
  }

  async until(what: string, isSo: (page: QueuePage) => boolean, stepMs = 30_000): Promise<QueuePage> {
    let page = await this.page();
    for (let step = 0; step < 200; step += 1) {
      if (isSo(page)) return page;
      await this.pass(stepMs);
      page = await this.page();
    }
    throw new Error(`${what}: never; last: ${JSON.stringify(page)}`);
  }

  /** On a server that skips no time, a short while passes instead. */
  async pass(ms: number): Promise<void> {
    if (this.site.env.supportsTimeSkipping) await this.site.env.sleep(ms);
    else await setTimeout(realStepMs);
  }

  file(name: string): string {
    return join(this.site.root, 'queues', this.name, name);
  }

  list(folder: string): readonly string[] {
    try {
      return readdirSync(this.file(folder)).sort();
    } catch {
      return [];
    }
  }

  write(name: string, text: string): void {
    writeFileSync(this.file(name), text);
  }

  /** The ids of the answered items of all flushes. */
  answered(): readonly string[] {
    const results = this.list('results').map((flush) => this.file(`results/${flush}/results.jsonl`));
    return results.filter(existsSync).flatMap((file) =>
      readFileSync(file, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line): { id: string; status: string } => JSON.parse(line))
        .filter(({ status }) => status === 'answered')
        .map(({ id }) => id),
    );
  }
}

export const makeItems = (from: number, to: number): { readonly id: string; readonly text: string }[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ id: `t-${from + index}`, text: `ticket ${from + index}` }));

export const ids = (from: number, to: number): string[] => makeItems(from, to).map(({ id }) => id);

/** Each of the first rows was answered, and no answer was billed twice. */
export async function expectOnce(queue: QueueSite, rows: number, billedTwice: readonly unknown[]): Promise<void> {
  expect([...queue.answered()].sort()).toEqual(ids(1, rows).sort());
  expect(billedTwice).toEqual([]);
}
