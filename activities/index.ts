// All activities under their registered names, each with its dependencies bound. Workflows import only the type.

import type { JobRef } from '../domain/ids.ts';
import { fenceStore } from '../job-folder/fence.ts';
import { requireClaim } from '../job-folder/job-file.ts';
import { classify } from './collect/classify.ts';
import { download } from './collect/download.ts';
import type { ActivityDeps } from './deps.ts';
import { declare, listEnded, recoverDispatcher } from './dispatch/admission.ts';
import { untilClosed } from './earlier-owners.ts';
import { cleanup } from './finish/cleanup.ts';
import { merge } from './finish/merge.ts';
import { report } from './finish/report.ts';
import { countWaves, listUnsettled, untilBatchesClosed } from './finish/unsettled.ts';
import { checkup } from './open/checkup.ts';
import { open, validate } from './open/open.ts';
import { discard, estimate } from './plan/estimate.ts';
import { plan } from './plan/plan.ts';
import { planWave } from './plan/retry.ts';
import { cancelBatch, poll } from './poll/poll.ts';
import { findFlushInput } from './queue/find-flush-input.ts';
import { findItem } from './queue/find-item.ts';
import { listDeliveries } from './queue/list-deliveries.ts';
import { lookAtFlushes } from './queue/look-at-flushes.ts';
import { openQueue } from './queue/open-queue.ts';
import type { QueueRef } from './queue/queue-file.ts';
import { sealFlush } from './queue/seal-flush.ts';
import { takeItems } from './queue/take-items.ts';
import { realtime } from './realtime/realtime.ts';
import { create } from './submit/create.ts';
import { find } from './submit/find.ts';
import { recover } from './submit/recover.ts';
import { upload } from './submit/upload.ts';
import { readPart } from './waves/read-part.ts';
import { sumWave } from './waves/sum-wave.ts';
import { postWebhook } from './webhook/post-webhook.ts';
import { writeCollected } from './webhook/write-collected.ts';

type Input<Activity> = Activity extends (deps: never, input: infer I) => unknown ? I : never;

export const createActivities = (deps: ActivityDeps) => {
  /** For an activity of a job that was opened: fails if another claim holds the output, and writes nothing from then on. */
  const owned =
    <I extends JobRef, R>(activity: (fenced: ActivityDeps, input: I) => Promise<R>) =>
    async (input: I): Promise<R> => {
      await requireClaim(deps.store, input);
      return activity({ ...deps, store: fenceStore(deps.store, input) }, input);
    };
  return {
    open: (input: Input<typeof open>) => open(deps, input),
    validate: (input: Input<typeof validate>) => validate(deps, input),
    checkup: () => checkup(deps),
    plan: owned((fenced, input: Input<typeof plan>) => plan(fenced, input)),
    planWave: owned((fenced, input: Input<typeof planWave>) => planWave(fenced, input)),
    readPart: owned((fenced, input: Input<typeof readPart>) => readPart(fenced, input)),
    sumWave: owned((fenced, input: Input<typeof sumWave>) => sumWave(fenced, input)),
    stage: owned((fenced, input: Input<typeof upload>) => upload(fenced, input)),
    create: owned((fenced, input: Input<typeof create>) => create(fenced, input, deps.store)),
    findBatch: owned((fenced, input: Input<typeof find>) => find(fenced, input)),
    recoverBatch: owned((fenced, input: Input<typeof recover>) => recover(fenced, input)),
    look: owned((fenced, input: Input<typeof poll>) => poll(fenced, input)),
    cancelBatch: owned((fenced, input: Input<typeof cancelBatch>) => cancelBatch(fenced, input)),
    download: owned((fenced, input: Input<typeof download>) => download(fenced, input)),
    realtime: owned((fenced, input: Input<typeof realtime>) => realtime(fenced, input)),
    classify: owned((fenced, input: Input<typeof classify>) => classify(fenced, input)),
    countWaves: owned((fenced, input: Input<typeof countWaves>) => countWaves(fenced, input)),
    untilBatchesClosed: owned((fenced, input: Input<typeof untilBatchesClosed>) => untilBatchesClosed(fenced, input)),
    listUnsettled: owned((fenced, input: Input<typeof listUnsettled>) => listUnsettled(fenced, input)),
    merge: owned((fenced, input: Input<typeof merge>) => merge(fenced, input)),
    report: owned((fenced, input: Input<typeof report>) => report(fenced, input)),
    cleanup: owned((fenced, input: Input<typeof cleanup>) => cleanup(fenced, input)),
    estimate: owned((fenced, input: Input<typeof estimate>) => estimate(fenced, input)),
    discard: (input: Input<typeof discard>) => discard(deps, input),
    declare: (input: Input<typeof declare>) => declare(deps, input),
    recoverDispatcher: () => recoverDispatcher(deps),
    listEnded: (input: Input<typeof listEnded>) => listEnded(deps, input),
    openQueue: (input: Input<typeof openQueue>) => openQueue(deps, input),
    takeItems: (input: Input<typeof takeItems>) => takeItems(deps, input),
    listDeliveries: ({ output }: QueueRef) => listDeliveries(deps.store, output),
    sealFlush: (input: Input<typeof sealFlush>) => sealFlush(deps, input),
    lookAtFlushes: (input: Input<typeof lookAtFlushes>) => lookAtFlushes(deps, input),
    findFlushInput: (input: Input<typeof findFlushInput>) => findFlushInput(deps, input),
    findItem: (input: Input<typeof findItem>) => findItem(deps, input),
    postWebhook: (input: Input<typeof postWebhook>) => postWebhook(deps, input),
    writeCollected: (input: Input<typeof writeCollected>) => writeCollected(deps, input),
    untilClosed: (input: Input<typeof untilClosed>) => untilClosed(deps, input),
  };
};

export type Activities = ReturnType<typeof createActivities>;
