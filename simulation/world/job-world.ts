// The world of one simulated job: its folder, its provider, its clock, and the incarnations of its workers, one after the other.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor } from '@temporalio/worker';
import type { ActivityDeps, Cluster } from '../../activities/deps.ts';
import { report } from '../../activities/finish/report.ts';
import { type Activities, createActivities } from '../../activities/index.ts';
import { createControl } from '../../emulator/server/control.ts';
import type { Emulator } from '../../emulator/server/start.ts';
import { startEmulator } from '../../emulator/server/start.ts';
import type { Provider } from '../../providers/provider.ts';
import { createProviders } from '../../providers/registry.ts';
import { emulatedAccounts } from '../../scripts/stack.ts';
import { createStore } from '../../storage/registry.ts';
import { requireEmulated } from '../../test/providers/vendors/emulated/setups.ts';
import { sharedClock } from '../../test/workflows/shared-clock.ts';
import { createBucket } from '../../worker/bucket.ts';
import { readConfig } from '../../worker/config.ts';
import { Dice } from '../script/dice.ts';
import type { Script } from '../script/script.ts';
import { CallLog } from './call-log.ts';
import type { Commands } from './commands.ts';
import { Director } from './director.ts';
import { guardProvider } from './guarded-provider.ts';
import { guardStore } from './guarded-store.ts';
import { Incarnation } from './incarnation.ts';

type NextExecute = Parameters<NonNullable<ActivityInboundCallsInterceptor['execute']>>[1];

/** The parts that all jobs of a process share. */
export interface Grounds {
  /** The folder for folders of jobs; one in memory makes a run several times faster. */
  readonly folder: string;
  readonly deps: ActivityDeps;
  readonly cluster: Cluster;
  /** Settings of the workers, as environment variables. */
  readonly settings: Readonly<Record<string, string>>;
  /** Changes a provider's client before a worker gets it. */
  readonly alter: (provider: Provider) => Provider;
}

export class JobWorld {
  readonly script: Script;
  readonly name: string;
  readonly root: string;
  readonly control: ReturnType<typeof createControl>;
  readonly calls: CallLog;
  readonly director: Director;
  readonly clock: ReturnType<typeof sharedClock>;
  deaths = 0;
  /** How many activities have begun or ended: it stays the same only if the job waits. */
  changes = 0;
  readonly #grounds: Grounds;
  readonly #emulator: Emulator;
  readonly #dice: Dice;
  readonly #commands: Commands;
  #life: Incarnation;
  #activities: Activities;

  static async open(
    grounds: Grounds,
    script: Script,
    name: string,
    commands: Commands,
    recorded: readonly string[] = [],
  ): Promise<JobWorld> {
    const root = mkdtempSync(join(grounds.folder, 'nightshift-simulation-'));
    const folders = { dataDir: grounds.folder, bucketsDir: root };
    const limits = { ...requireEmulated(script.vendor).options?.limits, ...script.provider.limits };
    const emulator = await startEmulator({ ...script.provider, limits, seed: script.seed, ...folders });
    return new JobWorld(grounds, script, name, root, commands, emulator, new CallLog(recorded));
  }

  private constructor(
    grounds: Grounds,
    script: Script,
    name: string,
    root: string,
    commands: Commands,
    emulator: Emulator,
    calls: CallLog,
  ) {
    this.#grounds = grounds;
    this.#emulator = emulator;
    this.#dice = new Dice(script.seed);
    this.script = script;
    this.name = name;
    this.calls = calls;
    this.#commands = commands;
    commands.parts = () => new Set([...calls.parts].filter((part) => part !== 'job'));
    this.root = root;
    this.control = createControl(emulator.url);
    this.clock = sharedClock(this.control);
    this.director = new Director(script, this.control, calls, commands, () => this.#replaceWorker());
    this.#life = new Incarnation(this.director);
    this.#activities = this.#createActivities();
    const rows = Array.from({ length: script.rows }, (_, index) => JSON.stringify(makeRow(index + 1)));
    writeFileSync(join(this.root, 'rows.jsonl'), `${rows.join('\n')}\n`);
  }

  /** As Temporal sees it: it receives nothing from an activity of a dead worker until the activity's time is over. */
  async execute(input: ActivityExecuteInput, next: NextExecute): Promise<unknown> {
    const life = this.#life;
    this.changes += 1;
    try {
      return await this.clock.interceptor.execute?.(input, next);
    } catch (error) {
      if (!life.isDead) throw error;
    } finally {
      this.changes += 1;
      await this.#commands.awaitGiven();
    }
    throw noticeDeath();
  }

  async runActivity(name: string, input: unknown): Promise<unknown> {
    const life = this.#life;
    const activity = this.#activities[name as keyof Activities] as (input: unknown) => Promise<unknown>;
    const result = await activity(input);
    life.requireAlive();
    return result;
  }

  async close(): Promise<void> {
    this.#life.die();
    await this.#emulator.close();
    rmSync(this.root, { recursive: true, force: true });
  }

  #replaceWorker(): void {
    this.deaths += 1;
    this.#life.die();
    this.#life = new Incarnation(this.director);
    this.#activities = this.#createActivities();
  }

  #createActivities(): Activities {
    const life = this.#life;
    const deps = this.#createDeps(life);
    const activities = createActivities(deps);
    return {
      ...activities,
      open: async (input) => {
        const settings = await activities.open(input);
        return { ...settings, batchesPerSegment: this.script.batchesPerSegment };
      },
      // Without plots, because drawing them takes longer than the rest.
      report: (input) => report(deps, input, false),
    };
  }

  #createDeps(life: Incarnation): ActivityDeps {
    const { deps, cluster, settings, alter } = this.#grounds;
    const config = readConfig({
      ...settings,
      NIGHTSHIFT_DATA: this.root,
      ...emulatedAccounts(this.#emulator.url),
    });
    const store = guardStore(createStore(config), life);
    const { accounts, vendors } = config.providers;
    const providers = createProviders(accounts, vendors, (folder) => createBucket(store, folder));
    return {
      ...deps,
      timing: config.timing,
      store,
      provider: (name) => {
        const provider = providers.get(name);
        return provider && guardProvider(alter(provider), life);
      },
      credentials: (name) => providers.credentials(name),
      cluster: {
        findEnd: (workflowId) => life.allow(() => cluster.findEnd(workflowId)),
        isOpen: (workflowId, firstRunId) => life.allow(() => cluster.isOpen(workflowId, firstRunId)),
        notify: (workflowId, news) => life.effect('notify', () => cluster.notify(workflowId, news)),
        registeredSearchAttributes: () => life.allow(() => cluster.registeredSearchAttributes()),
      },
      now: this.clock.now,
      elapsed: this.clock.elapsed,
      wait: this.clock.wait,
      randomHex: (bytes) => Array.from({ length: 2 * bytes }, () => this.#dice.between(0, 15).toString(16)).join(''),
    };
  }
}

export const textOfRow = (row: number): string => `ticket ${row}`;
const makeRow = (row: number): object => ({ id: `t-${row}`, text: textOfRow(row) });

/** The next attempt begins at the time when Temporal would notice the death. */
function noticeDeath(): Error {
  if (cancellationSignal().aborted) return new CancelledFailure('CANCELLED');
  const { heartbeatTimeoutMs, startToCloseTimeoutMs } = activityInfo();
  // Not at the exact time at which this attempt's time is over: the server that skips time would take the next attempt for late.
  const nextRetryDelay = (heartbeatTimeoutMs || startToCloseTimeoutMs) + 1_000;
  return ApplicationFailure.create({ message: 'the worker died', type: 'worker_died', nextRetryDelay });
}
