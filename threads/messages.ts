// What the main thread and the threads of a pool send each other. Buffers are moved, not copied: the sender can no longer read them.

import { InvariantBroken, JobRefused } from '../domain/refusal.ts';

export interface TaskMessage {
  readonly name: string;
  readonly input: object;
  /** Buffers for the thread to fill. */
  readonly spare: readonly ArrayBuffer[];
}

/** A thread sends `began` when it has a task, before it does anything for it, and then its reply. */
export type ThreadMessage = { readonly kind: 'began' } | ReplyMessage;

export type ReplyMessage = (
  | { readonly kind: 'done'; readonly output: object }
  | { readonly kind: 'failed'; readonly failure: Failure }
) & {
  /** Buffers that the task no longer needs. */
  readonly spare: readonly ArrayBuffer[];
};

/** An error that can be sent: only its name would be lost otherwise. */
export type Failure =
  | { readonly kind: 'refused'; readonly refused: Pick<JobRefused, 'kind' | 'problems'> }
  | { readonly kind: 'broken' | 'other'; readonly message: string };

export function describeFailure(error: unknown): Failure {
  if (error instanceof JobRefused) return { kind: 'refused', refused: { kind: error.kind, problems: error.problems } };
  const message = error instanceof Error ? error.message : String(error);
  return { kind: error instanceof InvariantBroken ? 'broken' : 'other', message };
}

export function failureError(failure: Failure): Error {
  if (failure.kind === 'refused') return new JobRefused(failure.refused.kind, failure.refused.problems);
  return failure.kind === 'broken' ? new InvariantBroken(failure.message) : new Error(failure.message);
}

/** The buffers of the typed arrays that an object holds, each once. */
export function listBuffers(message: object): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  const visit = (value: unknown): void => {
    if (ArrayBuffer.isView(value)) {
      if (value.buffer instanceof ArrayBuffer) buffers.add(value.buffer);
    } else if (typeof value === 'object' && value !== null) {
      for (const each of Object.values(value)) visit(each);
    }
  };
  visit(message);
  return [...buffers];
}
