// The workers of one process: one for the workflows and their files, and two for each account, which only call its provider.

import { Worker, type WorkerOptions, type WorkerStatus } from '@temporalio/worker';
import { listAccountQueues } from '../domain/account-queue.ts';

export interface ServedAccount {
  readonly provider: string;
  readonly account: string;
}

/** The first of these that any worker of the group is in is the state of the group. */
const leastAdvanced = ['FAILED', 'INITIALIZED', 'STOPPING', 'DRAINING', 'DRAINED', 'RUNNING'] as const;

export class WorkerGroup {
  readonly #all: readonly Worker[];

  private constructor(all: readonly Worker[]) {
    this.#all = all;
  }

  static async create(
    options: WorkerOptions & { readonly taskQueue: string },
    accounts: readonly ServedAccount[],
  ): Promise<WorkerGroup> {
    const { workflowBundle: _, ...ofAccounts } = options;
    const queues = accounts.flatMap((account) => listAccountQueues(options.taskQueue, account));
    const main = await Worker.create(options);
    // Most accounts are idle most of the time: one open poll each is enough until work comes.
    const activityTaskPollerBehavior = { type: 'autoscaling', initial: 1, minimum: 1 } as const;
    const others = await Promise.all(
      queues.map((taskQueue) => Worker.create({ ...ofAccounts, taskQueue, activityTaskPollerBehavior })),
    );
    return new WorkerGroup([main, ...others]);
  }

  /** Whether all of them take tasks or how far they are in ending, and how many activities run. */
  getStatus(): { readonly runState: WorkerStatus['runState']; readonly numInFlightActivities: number } {
    const all = this.#all.map((worker) => worker.getStatus());
    const states = all.map(({ runState }) => runState);
    const numInFlightActivities = all.reduce((sum, each) => sum + each.numInFlightActivities, 0);
    return { runState: leastAdvanced.find((state) => states.includes(state)) ?? 'STOPPED', numInFlightActivities };
  }

  /** Until the process is asked to end, or `shutdown` is called. If one of them fails, the others end too. */
  async run(): Promise<void> {
    const running = this.#all.map((worker) => worker.run());
    try {
      await Promise.all(running);
    } finally {
      this.shutdown();
      await Promise.allSettled(running);
    }
  }

  /** Serves until `use` ends. */
  async runUntil(use: () => Promise<void>): Promise<void> {
    const running = this.run();
    try {
      await Promise.race([use(), running]);
    } finally {
      this.shutdown();
      await running;
    }
  }

  shutdown(): void {
    for (const worker of this.#all) if (worker.getState() === 'RUNNING') worker.shutdown();
  }
}

export const listAccounts = (
  accounts: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): readonly ServedAccount[] =>
  Object.entries(accounts).flatMap(([provider, byName]) =>
    Object.keys(byName).map((account) => ({ provider, account })),
  );
