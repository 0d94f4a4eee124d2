// The activities around the dispatcher: declaring to it, and what it asks of the cluster.

import { activityInfo, log } from '@temporalio/activity';
import type { Answer, Declaration } from '../../domain/dispatch/declaration.ts';
import type { DispatchState } from '../../domain/dispatch/state.ts';
import { InvariantBroken } from '../../domain/refusal.ts';
import type { ActivityDeps } from '../deps.ts';
import { TryAgain } from '../failure.ts';
import type { Admission } from './port.ts';

type AdmissionDeps = Pick<ActivityDeps, 'admission' | 'cluster'>;

/** A worker whose configuration has no limits would overwrite those of the others. */
export function requireAdmission({ admission }: Pick<ActivityDeps, 'admission'>): Admission {
  if (admission !== null) return admission;
  throw new InvariantBroken(
    'this job was opened by a worker that has limits in its NIGHTSHIFT_CONFIG: give this worker the same configuration',
  );
}

/** The same declaration may be sent again at any time. */
export async function declare(deps: AdmissionDeps, declaration: Declaration): Promise<Answer> {
  const { dispatcher, digest, limits } = requireAdmission(deps);
  const { taskQueue } = activityInfo();
  const answer = await dispatcher.declare({ declaration, digest }, taskQueue);
  return answer.kind === 'limits_wanted' ? dispatcher.declare({ declaration, digest, limits }, taskQueue) : answer;
}

export interface Recovered {
  /** Null if no dispatcher ran before, or if what it knew cannot be read. */
  readonly snapshot: DispatchState | null;
  /** The jobs and segments that were asked to declare again. */
  readonly asked: readonly string[];
  /** Whether no dispatcher ran before. Absent in earlier versions. */
  readonly isFirst?: boolean;
}

const checkAgainMs = 1_000;
/** So often a snapshot is asked for before it counts as not readable: a server or a worker may just be starting. */
const attemptsMax = 4;

export async function recoverDispatcher(deps: AdmissionDeps): Promise<Recovered> {
  const { dispatcher } = requireAdmission(deps);
  const { workflowExecution, attempt } = activityInfo();
  const earlier = await dispatcher.listEarlierRuns(workflowExecution?.runId ?? '');
  if (earlier === null) {
    throw new TryAgain('the list of workflows does not show the end of the last dispatcher yet', checkAgainMs);
  }
  try {
    for (const runId of earlier) {
      const snapshot = await dispatcher.readSnapshot(runId);
      if (snapshot !== null) return { snapshot, asked: [] };
    }
    return { snapshot: null, asked: [], isFirst: earlier.length === 0 };
  } catch (error) {
    if (attempt < attemptsMax) throw error;
    log.warn('what the last dispatcher knew cannot be read', { error });
    return { snapshot: null, asked: await dispatcher.askAll(), isFirst: false };
  }
}

/** Of these workflows, those that have ended. */
export async function listEnded(
  { cluster }: AdmissionDeps,
  workflowIds: readonly string[],
): Promise<readonly string[]> {
  const ended: string[] = [];
  for (const workflowId of workflowIds) {
    if (!(await cluster.isOpen(workflowId))) ended.push(workflowId);
  }
  return ended;
}
