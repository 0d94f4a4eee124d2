// Describes a failed command for people, with the next command to try.

import { readInnermostMessage } from '../../domain/innermost-message.ts';
import { explainServerFailure } from '../../domain/server-failure.ts';
import { StoreError, storeAdvice } from '../../storage/store.ts';
import { TaskFails } from '../overview/failing-task.ts';
import { NoWorkerAnswers } from '../worker-answer.ts';
import { ownCommand, serverCommand, shellWord, startWorkerCommand } from './own-command.ts';

export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof NoWorkerAnswers) return `${error.message}: ${startWorkerCommand(error.taskQueue)}`;
  if (error instanceof TaskFails) return `${error.message}: ${failingTaskAdvice}`;
  const known = byName[error.name]?.(error);
  if (known !== undefined) return known;
  const message = readInnermostMessage(error);
  if (/no poller seen|worker may be down/.test(message)) {
    return `no worker answers for this job: \`${ownCommand('doctor')}\` shows more`;
  }
  if (/DEADLINE_EXCEEDED|context deadline exceeded|Deadline exceeded/.test(message)) {
    return `Temporal or the worker did not answer in time: \`${ownCommand('doctor')}\` shows which`;
  }
  if (grpcFailure.test(message)) {
    return `Temporal cannot be used: ${explainServerFailure(error).why}: \`${ownCommand('doctor')}\` shows more`;
  }
  // The library does not know how a server is started here.
  return message.replace(': start one, or set ', `: start one (${serverCommand}), or set `);
}

export const failingTaskAdvice =
  'replace its workers by ones of the version that started it, or of a fixed one; it then continues';

/** A call that failed after the connection was made: the server went away, is not Temporal's, refuses this caller, or lacks the namespace. */
const grpcFailure =
  /^(14 UNAVAILABLE|12 UNIMPLEMENTED: Received HTTP status code|16 UNAUTHENTICATED|7 PERMISSION_DENIED|5 NOT_FOUND: Namespace |Namespace not found)/;

const byName: Readonly<Record<string, (error: Error) => string>> = {
  WorkflowNotFoundError: (error) => {
    const id: unknown = Reflect.get(error, 'workflowId');
    return `there is no such job${typeof id === 'string' ? ` as ${id}` : ''}: \`${ownCommand('list --all')}\` lists them all`;
  },
  WorkflowExecutionAlreadyStartedError: (error) => {
    const id = String(Reflect.get(error, 'workflowId') ?? '<id>');
    return `${id} runs already: watch it with \`${ownCommand(`watch ${shellWord(id)}`)}\`, or choose another id with --id`;
  },
  StoreError: (error) => {
    if (!(error instanceof StoreError)) return error.message;
    return `${error.uri}: ${storeAdvice[error.problem]}`;
  },
  ScheduleNotFoundError: () => `there is no such schedule: \`${ownCommand('schedule list')}\` lists them all`,
  ScheduleAlreadyRunning: (error) => {
    const id = String(Reflect.get(error, 'scheduleId') ?? '<id>');
    return `the schedule ${id} exists: \`${ownCommand(`schedule describe ${shellWord(id)}`)}\` shows it, \`${ownCommand(`schedule delete ${shellWord(id)}`)}\` removes it`;
  },
};
