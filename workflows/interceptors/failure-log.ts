// Names a workflow's failure in the log line that the SDK writes about it: of the error itself, only its stack reaches the worker.

import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import type { WorkflowInterceptors } from '@temporalio/workflow';

interface NamedFailure {
  readonly code: string;
  readonly message: string;
}

/** The bundler registers it for every workflow. */
export function interceptors(): WorkflowInterceptors {
  let failure: NamedFailure | null = null;
  return {
    inbound: [
      {
        async execute(input, next) {
          try {
            return await next(input);
          } catch (error) {
            failure = nameFailure(error);
            throw error;
          }
        },
      },
    ],
    outbound: [{ getLogAttributes: (input, next) => next({ ...input, ...failure }) }],
  };
}

/** The innermost failure says what went wrong; those around it only say where. Its message is in history, too. */
function nameFailure(error: unknown): NamedFailure | null {
  if (!(error instanceof Error)) return null;
  if (error instanceof TemporalFailure && error.cause !== undefined) return nameFailure(error.cause);
  const code = error instanceof ApplicationFailure ? error.type : null;
  return { code: code ?? error.name, message: error.message };
}
