// The parts that all simulated jobs of a process share: the server that skips time, one worker, one bundle of the workflows.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { activityInfo } from '@temporalio/activity';
import { Client, isGrpcCancelledError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, makeTelemetryFilterString, Runtime, type WorkerOptions } from '@temporalio/worker';
import { failureInterceptor } from '../../activities/failure.ts';
import { defaultAccount } from '../../domain/job.ts';
import { providerNames } from '../../providers/registry.ts';
import { endLateFailures } from '../../test/support/late-failure.ts';
import { LostTask, noticeLostTask, orLostTask, takeLostTask } from '../../test/support/lost-task.ts';
import { createThreads } from '../../threads/pool.ts';
import { findBundle } from '../../worker/bundle-cache.ts';
import { createCluster } from '../../worker/cluster/cluster.ts';
import { readConfig } from '../../worker/config.ts';
import { createDependencies } from '../../worker/dependencies.ts';
import { WorkerGroup } from '../../worker/worker-group.ts';
import type { Grounds, JobWorld } from '../world/job-world.ts';
import type { Environment } from './environments.ts';

const taskQueue = 'simulation';
const inMemory = '/dev/shm';
/** Files are in memory, if the machine has such a file system: otherwise half of a job's time would be waiting for the disk. */
export const scratchRoot = existsSync(inMemory) ? inMemory : tmpdir();
const logLinesMax = 50;
const hourMs = 3_600_000;

export class SimulationServer {
  readonly kind: Environment;
  readonly env: TestWorkflowEnvironment;
  readonly client: Client;
  readonly grounds: Omit<Grounds, 'alter'>;
  readonly taskQueue = taskQueue;
  /** The last lines that the SDK logged as warnings or errors. */
  readonly log = lastLines;
  /** Time did not pass: the server can no longer be used. */
  isHeld = false;
  /** The server has forgotten a workflow's task, or the worker has ended by itself: the result says nothing about the job. */
  isSpoiled = false;
  readonly #worlds = new Map<string, JobWorld>();
  #worker: WorkerGroup | null = null;
  #running: Promise<void> = Promise.resolve();

  /** Without a path, takes the bundle of the present sources. */
  static async start(
    kind: Environment,
    bundlePath: string | null = null,
    scratch: string = scratchRoot,
  ): Promise<SimulationServer> {
    installRuntime();
    takeLostTask();
    const env = await kind.start();
    const folder = mkdtempSync(join(scratch, 'nightshift-simulation-'));
    const server = new SimulationServer(kind, env, folder);
    const { cache } = readConfig();
    const { codePath } = await findBundle({ bundlePath, cache }, folder);
    await server.#startWorker(codePath);
    return server;
  }

  private constructor(kind: Environment, env: TestWorkflowEnvironment, folder: string) {
    this.kind = kind;
    this.env = env;
    this.client = new Client({ connection: env.connection, namespace: 'default' });
    const cluster = createCluster(this.client, 'default');
    const deps = createDependencies(readConfig({ NIGHTSHIFT_DATA: folder }), cluster, null);
    // Jobs follow each other with pauses in which the thread that counts tokens would end, and it takes half a second to load.
    const threads = createThreads(deps.threads.size, { idleMs: hourMs });
    this.grounds = { folder, deps: { ...deps, threads }, cluster, settings: kind.settings };
  }

  /** From now on, the activities of this job run in its world. */
  add(world: JobWorld): void {
    this.#worlds.set(world.name, world);
  }

  remove(world: JobWorld): void {
    this.#worlds.delete(world.name);
  }

  /** Lets a step of time pass. Skipped time stops while an activity runs. False if the step has not passed before the signal. */
  async pass(signal: AbortSignal): Promise<boolean> {
    const { connection } = this.env;
    try {
      await orLostTask(connection.withAbortSignal(signal, () => this.env.sleep(this.kind.stepMs)));
      return !this.isSpoiled && !signal.aborted;
    } catch (error) {
      if (!isGrpcCancelledError(error) && !(error instanceof LostTask)) throw error;
      this.isHeld = true;
      this.isSpoiled ||= error instanceof LostTask;
      return false;
    }
  }

  async stop(): Promise<void> {
    this.#worker?.shutdown();
    await this.#running;
    await this.env.teardown();
    rmSync(this.grounds.deps.scratch, { recursive: true, force: true });
    rmSync(this.grounds.folder, { recursive: true, force: true });
  }

  async #startWorker(codePath: string): Promise<void> {
    const options: WorkerOptions & { taskQueue: string } = {
      connection: this.env.nativeConnection,
      namespace: 'default',
      taskQueue,
      shutdownForceTime: '5s',
      workflowBundle: { codePath },
      activities: { default: (input: unknown) => this.#findWorld().runActivity(activityInfo().activityType, input) },
      interceptors: {
        activity: [
          () => ({ inbound: endLateFailures(this.client) }),
          () => ({ inbound: { execute: (input, next) => this.#findWorld().execute(input, next) } }),
          () => ({ inbound: failureInterceptor() }),
        ],
      },
    };
    const accounts = providerNames.map((provider) => ({ provider, account: defaultAccount }));
    this.#worker = await WorkerGroup.create(options, accounts);
    // Fails if the server no longer answers, or if a workflow task does not end in time at the end.
    this.#running = this.#worker.run().catch((error: unknown) => {
      this.isSpoiled = true;
      lastLines.push(`the worker ended: ${describeError(error)}`);
    });
  }

  /** Workflow ids begin with the name of their world. */
  #findWorld(): JobWorld {
    const [name = ''] = activityInfo().workflowExecution?.workflowId.split(/[./]/) ?? [];
    const world = this.#worlds.get(name);
    if (world === undefined) throw new Error(`the simulation of ${name} is over`);
    return world;
  }
}

const lastLines: string[] = [];
let isInstalled = false;

/** Once per process. */
function installRuntime(): void {
  if (isInstalled) return;
  isInstalled = true;
  Runtime.install({
    logger: new DefaultLogger('WARN', (entry) => {
      const { level, message, meta } = entry;
      noticeLostTask(entry);
      lastLines.push(`${level} ${message} ${describeError(meta?.error)}`);
      if (lastLines.length > logLinesMax) lastLines.shift();
    }),
    telemetryOptions: {
      logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) },
    },
  });
}

const describeError = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : '');
