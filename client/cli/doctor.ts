// Checks everything that a job needs, from the server to the worker's disk. Each finding says how to fix it.

import type { Checkup } from '../../domain/checkup.ts';
import { formatDuration } from '../../domain/duration.ts';
import { searchAttributes } from '../../domain/progress/search-attributes.ts';
import type { Nightshift } from '../nightshift.ts';
import { version } from '../version.ts';
import { temporalCommand, workerCommand } from './own-command.ts';

export interface Finding {
  readonly what: string;
  readonly state: 'ok' | 'warn' | 'bad';
  readonly found: string;
  /** A command, or what to change. */
  readonly fix: string | null;
}

/** A plan and its answers take about three times the dataset's size. */
const freeBytesWanted = 1024 ** 3;
/** The measured difference includes the time a task takes to arrive. More than this means that the clock is wrong. */
const clockMsMax = 5000;
const checkupMsMax = 20_000;

export async function* examine(jobs: Nightshift, taskQueue: string): AsyncGenerator<Finding> {
  yield await server(jobs);
  const namespace = await checkNamespace(jobs);
  yield namespace;
  if (namespace.state === 'bad') return;
  yield await attributes(jobs);
  const workers = await jobs.workers(taskQueue);
  yield checkWorkers(workers, taskQueue);
  if (workers.length === 0) return;
  const checkup = await askCheckup(jobs, taskQueue);
  if (checkup === null) {
    yield bad('worker', 'it does not answer', `check its log, and that its version is this one (${version})`);
    return;
  }
  yield* toFindings(checkup);
}

async function server({ client }: Nightshift): Promise<Finding> {
  const { serverVersion } = await client.connection.workflowService.getSystemInfo({});
  return ok('temporal', `version ${serverVersion ?? 'unknown'} answers`);
}

async function checkNamespace({ client }: Nightshift): Promise<Finding> {
  const { namespace } = client.options;
  try {
    await client.connection.workflowService.describeNamespace({ namespace });
    return ok('namespace', namespace);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return bad(
      'namespace',
      `${namespace}: ${why}`,
      temporalCommand(`operator namespace create --namespace ${namespace}`),
    );
  }
}

async function attributes({ client }: Nightshift): Promise<Finding> {
  const { namespace } = client.options;
  const what = 'search attributes';
  try {
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
    const missing = searchAttributes.filter((name) => !(name in (customAttributes ?? {})));
    if (missing.length === 0) return ok(what, 'all registered');
    const add = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
    return warn(
      what,
      `not registered: ${missing.join(', ')}; lists cannot show or filter by them`,
      temporalCommand(`operator search-attribute create --namespace ${namespace} ${add}`),
    );
  } catch {
    return warn(what, 'this connection may not list them', temporalCommand('operator search-attribute list'));
  }
}

function checkWorkers(workers: readonly string[], taskQueue: string): Finding {
  if (workers.length === 0) return bad('workers', `none polls task queue ${taskQueue}`, workerCommand);
  return ok('workers', `${workers.length} on task queue ${taskQueue}: ${workers.slice(0, 3).join(', ')}`);
}

/** Null if no answer comes: the worker may have another version. */
async function askCheckup(jobs: Nightshift, taskQueue: string): Promise<Checkup | null> {
  try {
    return await jobs.checkup({ taskQueue, signal: AbortSignal.timeout(checkupMsMax) });
  } catch {
    return null;
  }
}

export function* toFindings({ keys, store, clockMs, version: of }: Checkup): Generator<Finding> {
  const none = keys.every(({ verdict }) => verdict === 'missing');
  for (const { provider, variable, verdict } of keys) {
    const what = `key of ${provider}`;
    const fix = `set ${variable} for the worker, and restart it`;
    if (verdict === 'ok') {
      yield ok(what, `${variable} is set`);
    } else {
      yield (none ? bad : warn)(what, `${variable} is not set`, fix);
    }
  }
  yield storeFinding(store);
  yield Math.abs(clockMs) <= clockMsMax
    ? ok('clock', "the worker's agrees with the server's")
    : warn(
        'clock',
        `the worker's is ${formatDuration(Math.abs(clockMs))} ${clockMs > 0 ? 'ahead' : 'behind'}`,
        'synchronize it: timedatectl set-ntp true',
      );
  yield of === version
    ? ok('version', of)
    : warn('version', `the worker is ${of}, this is ${version}`, 'install one version for both');
}

function storeFinding({ verdict, freeBytes }: Checkup['store']): Finding {
  const what = 'store';
  if (verdict === 'unwritable') {
    return bad(what, 'the worker may not write to its data folder', 'give it write permission, or set NIGHTSHIFT_DATA');
  }
  if (verdict === 'full') return bad(what, 'the data folder is full', 'free space below NIGHTSHIFT_DATA: df -h');
  if (verdict === 'unavailable') {
    return bad(what, 'the data folder cannot be used', "check NIGHTSHIFT_DATA and the worker's log");
  }
  if (freeBytes === null) return ok(what, 'takes files');
  const free = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB free`;
  if (freeBytes >= freeBytesWanted) return ok(what, `takes files, ${free}`);
  return warn(what, `takes files, only ${free}`, 'free space below NIGHTSHIFT_DATA: df -h');
}

const ok = (what: string, found: string): Finding => ({ what, state: 'ok', found, fix: null });
const warn = (what: string, found: string, fix: string): Finding => ({ what, state: 'warn', found, fix });
const bad = (what: string, found: string, fix: string): Finding => ({ what, state: 'bad', found, fix });
