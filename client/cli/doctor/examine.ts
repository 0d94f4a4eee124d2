// Checks everything that a job needs, from the server to the worker's disk. Each finding says how to fix it.

import type { Checkup } from '../../../domain/checkup.ts';
import { searchAttributes } from '../../../domain/progress/search-attributes.ts';
import type { Nightshift } from '../../nightshift.ts';
import { version } from '../../version.ts';
import { NoWorkerAnswers } from '../../worker-answer.ts';
import { answerMs } from '../context.ts';
import { startWorkerCommand, temporalCommand } from '../own-command.ts';
import { type Asked, toFindings } from './checkup-findings.ts';
import { bad, type Finding, ok, warn } from './findings.ts';

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
  const answer = await askCheckup(jobs, taskQueue);
  if (answer instanceof NoWorkerAnswers) {
    yield bad('worker', answer.message, startWorkerCommand(taskQueue));
    return;
  }
  if (answer === null) {
    yield bad('worker', 'it does not answer', `check its log, and that its version is this one (${version})`);
    return;
  }
  yield* toFindings(answer.checkup, answer.asked);
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
  if (workers.length === 0) return bad('workers', `none polls task queue ${taskQueue}`, startWorkerCommand(taskQueue));
  return ok('workers', `${workers.length} on task queue ${taskQueue}: ${workers.slice(0, 3).join(', ')}`);
}

/** Null if a worker has taken the question and does not answer: it may have another version. */
async function askCheckup(
  jobs: Nightshift,
  taskQueue: string,
): Promise<{ readonly checkup: Checkup; readonly asked: Asked } | NoWorkerAnswers | null> {
  const from = Date.now();
  try {
    const signal = AbortSignal.timeout(checkupMsMax);
    const checkup = await jobs.checkup({ taskQueue, signal, takenMs: answerMs });
    return { checkup, asked: { from, to: Date.now() } };
  } catch (error) {
    return error instanceof NoWorkerAnswers ? error : null;
  }
}
