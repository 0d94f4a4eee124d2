// A dispatcher without jobs: a test says what it finds when it recovers, and declares to it.

import { WithStartWorkflowOperation } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { Declaration } from '../../../domain/dispatch/declaration.ts';
import { noLimits } from '../../../domain/dispatch/limits.ts';
import type { DispatchPage } from '../../../domain/dispatch/page/page.ts';
import type { DispatchState } from '../../../domain/dispatch/state.ts';
import { workflowBundle } from '../../support/temporal.ts';

export const limits = { ...noLimits, accounts: { 'openai/default': { batches: 2 } } };

export type Recovered = { snapshot: DispatchState | null; asked: readonly string[] };

interface Finds {
  readonly recoverDispatcher?: () => Promise<Recovered>;
  readonly listEnded?: (holders: readonly string[]) => Promise<readonly string[]>;
}

let n = 0;

export class LoneDispatcher {
  readonly #env: TestWorkflowEnvironment;
  readonly #taskQueue: string;
  readonly #workflowId: string;

  private constructor(env: TestWorkflowEnvironment, number: number) {
    this.#env = env;
    this.#taskQueue = `recovery-${number}`;
    this.#workflowId = `d-${number}`;
  }

  static async with(
    env: TestWorkflowEnvironment,
    { recoverDispatcher = async () => ({ snapshot: null, asked: [] }), listEnded = async () => [] }: Finds,
    use: (d: LoneDispatcher) => Promise<void>,
  ): Promise<void> {
    n += 1;
    const d = new LoneDispatcher(env, n);
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: d.#taskQueue,
      workflowBundle: workflowBundle(),
      debugMode: true,
      activities: { recoverDispatcher, listEnded, setPriority: async () => undefined },
    });
    await worker.runUntil(async () => {
      try {
        await use(d);
      } finally {
        await d
          .handle()
          .terminate('over')
          .catch(() => undefined);
      }
    });
  }

  handle() {
    return this.#env.client.workflow.getHandle(this.#workflowId);
  }

  /** As the run before it continues as new. */
  async continue(state: DispatchState): Promise<void> {
    const options = { workflowId: this.#workflowId, taskQueue: this.#taskQueue, args: [state] };
    await this.#env.client.workflow.start('dispatch', options);
  }

  declare(declaration: Declaration, ms = 15_000, its = limits) {
    const { client } = this.#env;
    return client.withDeadline(Date.now() + ms, () =>
      client.workflow.executeUpdateWithStart('declare', {
        args: [{ declaration, digest: 'x', limits: its }],
        updateId: `${declaration.holder} ${declaration.run} ${declaration.seq}`,
        startWorkflowOperation: new WithStartWorkflowOperation('dispatch', {
          workflowId: this.#workflowId,
          taskQueue: this.#taskQueue,
          args: [null],
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      }),
    ) as Promise<{ kind: string; grants?: { grants: { granted: number }[] } }>;
  }

  state(): Promise<DispatchState> {
    return this.handle().query<DispatchState>('snapshot');
  }

  holdings(): Promise<DispatchPage> {
    return this.handle().query<DispatchPage>('holdings');
  }
}
