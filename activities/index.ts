// All activities under their registered names, each with its dependencies bound. Workflows import only the type.

import { classify } from './collect/classify.ts';
import { download } from './collect/download.ts';
import type { ActivityDeps } from './deps.ts';
import { untilClosed } from './earlier-owners.ts';
import { cleanup } from './finish/cleanup.ts';
import { merge } from './finish/merge.ts';
import { report } from './finish/report.ts';
import { checkup } from './open/checkup.ts';
import { open, validate } from './open/open.ts';
import { discard, estimate } from './plan/estimate.ts';
import { plan, readManifest } from './plan/plan.ts';
import { planWave } from './plan/retry.ts';
import { cancelBatch, poll } from './poll/poll.ts';
import { realtime } from './realtime/realtime.ts';
import { create } from './submit/create.ts';
import { find } from './submit/find.ts';
import { recover } from './submit/recover.ts';
import { upload } from './submit/upload.ts';

type Input<Activity> = Activity extends (deps: never, input: infer I) => unknown ? I : never;

export const createActivities = (deps: ActivityDeps) => ({
  open: (input: Input<typeof open>) => open(deps, input),
  validate: (input: Input<typeof validate>) => validate(deps, input),
  checkup: () => checkup(deps),
  plan: (input: { readonly output: string }) => plan(deps, input),
  planWave: (input: Input<typeof planWave>) => planWave(deps, input),
  readManifest: (input: Parameters<typeof readManifest>[1]) => readManifest(deps, input),
  stage: (input: Input<typeof upload>) => upload(deps, input),
  create: (input: Input<typeof create>) => create(deps, input),
  findBatch: (input: Input<typeof find>) => find(deps, input),
  recoverBatch: (input: Input<typeof recover>) => recover(deps, input),
  look: (input: Input<typeof poll>) => poll(deps, input),
  cancelBatch: (input: Input<typeof cancelBatch>) => cancelBatch(deps, input),
  download: (input: Input<typeof download>) => download(deps, input),
  realtime: (input: Input<typeof realtime>) => realtime(deps, input),
  classify: (input: Input<typeof classify>) => classify(deps, input),
  merge: (input: Input<typeof merge>) => merge(deps, input),
  report: (input: Input<typeof report>) => report(deps, input),
  cleanup: (input: Input<typeof cleanup>) => cleanup(deps, input),
  estimate: (input: Input<typeof estimate>) => estimate(deps, input),
  discard: (input: Input<typeof discard>) => discard(deps, input),
  untilClosed: (input: Input<typeof untilClosed>) => untilClosed(deps, input),
});

export type Activities = ReturnType<typeof createActivities>;
