// Parts of a job that are resolved in the same way when it starts and when it is resumed, and the rules between them.

import type { JobSpec } from '../domain/job.ts';
import { normalFolder, normalPath } from './path.ts';
import type { Problem } from './problem.ts';
import type { JobFields } from './schema.ts';

export function resolveDataset(dataset: NonNullable<JobFields['dataset']>): JobSpec['dataset'] {
  const { uri, id = null, limit = null } = typeof dataset === 'string' ? { uri: dataset } : dataset;
  return { uri: normalPath(uri), format: 'jsonl', id, limit };
}

export function resolveOutput(output: JobFields['output']): string | null {
  if (output === undefined) return null;
  return normalFolder(typeof output === 'string' ? output : output.uri);
}

/** If only one of the two waits is given, the default of the other is adjusted to it. */
export function resolvePoll(poll: JobFields['poll']): JobSpec['poll'] {
  const initialMs = poll?.initial ?? Math.min(10_000, poll?.max ?? 10_000);
  return { initialMs, factor: poll?.factor ?? 1.5, maxMs: poll?.max ?? Math.max(300_000, initialMs) };
}

export function resolveDeadline(deadline: JobFields['deadline']): JobSpec['deadline'] {
  return {
    batchMs: deadline?.batch ?? 20 * 3_600_000,
    jobMs: deadline?.job ?? null,
    // biome-ignore lint/suspicious/noThenProperty: the public name of a choice, never a function.
    then: deadline?.then ?? 'fallback',
  };
}

export function policyProblems({ poll, deadline }: Pick<JobSpec, 'poll' | 'deadline'>): Problem[] {
  const problems: Problem[] = [];
  if (poll.initialMs > poll.maxMs) {
    problems.push({ where: 'poll.max', message: 'must be no shorter than `poll.initial`' });
  }
  if (deadline.then === 'retry' && deadline.jobMs !== null) {
    problems.push({
      where: 'deadline.then',
      message: 'cannot be "retry" with `deadline.job`: nothing is sent after that',
    });
  }
  return problems;
}
