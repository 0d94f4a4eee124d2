// Gives all activities and children of a job the job's priority. Children pass it on to theirs by themselves.

import type { WorkflowInterceptors } from '@temporalio/workflow';
import type { TaskPriority } from '../../domain/sharing.ts';

/** Each workflow has its own instance of this module. Undefined: what the workflow itself was started with. */
let priority: TaskPriority | undefined;

/** A job learns its priority when it opens, because Temporal may have been given none at its start. */
export function setPriority(given: TaskPriority | undefined): void {
  priority = given;
}

/** The bundler registers it for every workflow. */
export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      scheduleActivity: (input, next) => next({ ...input, options: withPriority(input.options) }),
      startChildWorkflowExecution: (input, next) => next({ ...input, options: withPriority(input.options) }),
    },
  ],
});

const withPriority = <Options extends object>(options: Options): Options =>
  priority === undefined ? options : { ...options, priority };
