// A deployment without containers: each process gets the environment and the command that docker-compose.yml and the
// Dockerfile give it, with names of hosts, ports and folders put in place of those inside containers.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { JobReport } from '../../../domain/report/report.ts';
import { startDevServer } from '../../../scripts/dev-server.ts';
import { projectRoot } from '../../../scripts/tools/cache.ts';
import { type Child, startChild } from '../../../scripts/tools/child.ts';
import { runCommand } from '../../../scripts/tools/command.ts';
import { freePort } from '../../../scripts/tools/free-port.ts';
import { ensureTemporalCli } from '../../../scripts/tools/temporal-cli.ts';
import { readCompose, readEnvironment, readStages, type Stage } from '../../support/container-files.ts';
import { type ImageTree, makeImageTree } from '../../support/image-tree.ts';
import { startOwnTemporal } from '../../support/servers/own-temporal.ts';

const setUpTimeoutMs = 150_000;
const resultTimeoutMs = 90_000;
const readyTimeoutMs = 60_000;
const host = '127.0.0.1';
const variables = {
  POSTGRES_PASSWORD: 'unused',
  OPENAI_API_KEY: 'emulator',
  OPENAI_BASE_URL: 'http://emulator:4010/v1',
};

type Place = Readonly<Record<string, string>>;

export class Deployment {
  /** None where the server is the CLI's. */
  serverMetrics: string | null = null;
  readonly #folder = mkdtempSync(join(tmpdir(), 'nightshift-deployment-'));
  readonly #stops: (() => Promise<void> | void)[] = [() => rmSync(this.#folder, { recursive: true, force: true })];
  readonly #stages = readStages();
  #tree: ImageTree | undefined;
  #cli = '';
  #place: Place = {};
  #worker: Child | undefined;

  /** The server, set up; then emulator and worker. */
  async open({ long }: { long: boolean }): Promise<void> {
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    this.#cli = await ensureTemporalCli();
    // A namespace of its own where the server brings the usual one, so that setting up has something to do.
    const server = long ? await startOwnTemporal() : await startDevServer({ headless: true });
    this.#stops.push(server.stop);
    this.serverMetrics = 'metrics' in server ? server.metrics : null;
    this.#place = {
      'temporal:7233': server.address,
      'emulator:4010': `${host}:${ports[0]}`,
      '4010': String(ports[0]),
      '0.0.0.0:8081': `${host}:${ports[1]}`,
      '127.0.0.1:8081': `${host}:${ports[1]}`,
      '0.0.0.0:9464': `${host}:${ports[2]}`,
      '0.0.0.0': host,
      default: long ? 'default' : 'deployed',
    };
    await this.setUp();
    this.#tree = await makeImageTree({ install: long });
    this.#stops.push(this.#tree.remove);
    const emulator = this.#run('emulator', this.#tree.emulator, { TMPDIR: this.#made('emulator-tmp') });
    this.#stops.push(emulator.stop);
    await emulator.waitForLine((line) => (line.includes('"url"') ? true : undefined), readyTimeoutMs);
    this.#stops.push(() => this.#worker?.stop());
    await this.startWorker();
  }

  /** The one-shot service `temporal-namespace`. */
  async setUp(): Promise<void> {
    const { command = [] } = readCompose().services['temporal-namespace'] ?? {};
    const args = command.slice(1).map((word) => word.replace(/^\/ops/, join(projectRoot, 'ops')));
    const path = [dirname(this.#cli), process.env.PATH].join(delimiter);
    const env = { ...process.env, PATH: path, ...this.#environment('temporal-namespace') };
    const done = await runCommand(command[0] ?? '', args, { env, timeoutMs: setUpTimeoutMs });
    if (!done.ok) throw new Error(`the namespace could not be set up: ${done.why}`);
  }

  async startWorker(): Promise<void> {
    const env = { ...this.#environment('worker'), TMPDIR: this.#made('tmp') };
    this.#worker = this.#run('worker', this.#tree?.worker ?? '', env);
    await this.#worker.waitForLine((line) => (line.includes('worker ready') ? true : undefined), readyTimeoutMs);
  }

  /** As `docker compose stop` does it; how it exited. */
  async stopWorker(): Promise<number | null> {
    const worker = this.#worker;
    if (worker === undefined) return null;
    process.kill(worker.pid, 'SIGTERM');
    await worker.ended;
    return worker.exitCode;
  }

  /** The health check of the image. */
  healthy(stage: 'worker' | 'emulator'): boolean {
    const [file = '', ...args] = (this.#stages[stage]?.healthcheck ?? []).map((word) => this.#translate(word));
    return spawnSync(file, args, { stdio: 'ignore' }).status === 0;
  }

  get metrics(): string {
    return `http://${this.#place['0.0.0.0:9464']}/metrics`;
  }

  async temporal(args: readonly string[], timeoutMs = readyTimeoutMs): Promise<string> {
    const env = { ...process.env, ...this.#environment('cli') };
    const done = await runCommand(this.#cli, args, { env, cwd: this.#data, timeoutMs });
    if (!done.ok) throw new Error(`temporal ${args.join(' ')}: ${done.why}`);
    return done.output;
  }

  /** Our own client, as it lies in the worker's image. */
  async client(args: readonly string[]): Promise<string> {
    const env = { ...process.env, ...this.#environment('worker') };
    const options = { env, cwd: this.#tree?.worker ?? '', timeoutMs: readyTimeoutMs };
    const done = await runCommand('node', ['dist/client/cli/main.js', ...args], options);
    if (!done.ok) throw new Error(`nightshift ${args.join(' ')}: ${done.why}`);
    return done.output;
  }

  async start(workflowId: string, inputFile: string): Promise<void> {
    const what = ['--task-queue', 'nightshift', '--type', 'processDataset', '--workflow-id', workflowId];
    await this.temporal(['workflow', 'start', ...what, '--input-file', inputFile]);
  }

  async result(workflowId: string): Promise<JobReport> {
    await this.temporal(['workflow', 'result', '--workflow-id', workflowId], resultTimeoutMs);
    return JSON.parse(readFileSync(join(this.#data, 'runs', workflowId, 'report.json'), 'utf8'));
  }

  write(name: string, content: object): string {
    writeFileSync(join(this.#data, name), JSON.stringify(content));
    return name;
  }

  rows(name: string, count: number): string {
    const lines = Array.from({ length: count }, (_, index) =>
      JSON.stringify({ id: `${name}-${index}`, text: `${index}` }),
    );
    writeFileSync(join(this.#data, name), `${lines.join('\n')}\n`);
    return name;
  }

  has = (path: string): boolean => existsSync(join(this.#data, path));

  lines = (path: string): number => readFileSync(join(this.#data, path), 'utf8').trimEnd().split('\n').length;

  async stop(): Promise<void> {
    for (const end of this.#stops.reverse()) await end();
  }

  get #data(): string {
    return this.#made('data');
  }

  #made(name: string): string {
    const path = join(this.#folder, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** A stage's command in its /app, with the stage's environment below the service's. */
  #run(name: string, app: string, service: Readonly<Record<string, string>>): Child {
    const { command = [], env = {} } = this.#stages[name] ?? ({} as Partial<Stage>);
    const [file = '', ...args] = command.map((word) => this.#translate(word));
    const own = Object.entries(env).map(([key, value]) => [
      key,
      this.#translate(value)
        .replace(/^\/app/, app)
        .replace(/^\/data/, this.#data),
    ]);
    return startChild(file, args, {
      name,
      cwd: app,
      env: { ...Object.fromEntries(own), ...service },
      logFile: join(this.#folder, `${name}.log`),
    });
  }

  #environment(service: string): Record<string, string> {
    const given = Object.entries(readEnvironment(service, variables));
    return Object.fromEntries(given.map(([name, value]) => [name, this.#translate(value)]));
  }

  #translate(text: string): string {
    if (text in this.#place) return this.#place[text] ?? text;
    return Object.entries(this.#place)
      .filter(([from]) => from.includes(':'))
      .reduce((changed, [from, to]) => changed.replace(from, to), text)
      .replace('127.0.0.1:4010', this.#place['emulator:4010'] ?? '');
  }
}

export async function deploy(options: { long: boolean }): Promise<Deployment> {
  const deployment = new Deployment();
  try {
    await deployment.open(options);
    return deployment;
  } catch (error) {
    await deployment.stop();
    throw error;
  }
}
