// The library: what `import { Nightshift } from "nightshift"` gives.

export type { Checkup } from '../domain/checkup.ts';
export type { SetCap, SetLimits, SetTenant } from '../domain/dispatch/limits.ts';
export type { DispatchPage } from '../domain/dispatch/page/page.ts';
export type { ItemReason, Json, Lane } from '../domain/outcome/outcome.ts';
export type { Usage } from '../domain/outcome/usage.ts';
export type { JobEstimate } from '../domain/plan/estimate.ts';
export type { Validity } from '../domain/plan/validity.ts';
export type { JobPhase, JobStatus } from '../domain/progress/status.ts';
export type { QueuePage } from '../domain/queue/page.ts';
export type { JobReport } from '../domain/report/report.ts';
export type { Queue } from '../input/queue/schema.ts';
export type { Job } from '../input/schema.ts';
export type { BatchesRequest, BatchPage, DeadlineChange } from '../workflows/messages.ts';
export type { Added, AddInput } from '../workflows/queue/messages.ts';
export type { ConnectOptions } from './connection.ts';
export type { FailedRow, FailureGroup } from './failed-rows.ts';
export type { ChunkEvent, CollectedEvent, EventsOptions, JobEvent } from './job-events.ts';
export type { ListedJob, ListOptions } from './job-list.ts';
export type { Dispatcher } from './long-lived/dispatcher.ts';
export type { QueueReference, Queues } from './long-lived/queues.ts';
export type {
  BackfillOptions,
  DescribedSchedule,
  ListedSchedule,
  ScheduleOptions,
  Schedules,
} from './long-lived/schedules.ts';
export type { DeadLetter, Webhooks } from './long-lived/webhooks.ts';
export { Nightshift } from './nightshift.ts';
export type { ChosenRun, JobRun } from './overview/choose-run.ts';
export type { CollectedBatch } from './overview/collecting.ts';
export type { FailingCall } from './overview/failing-calls.ts';
export type { OpenBatch } from './overview/open-batches.ts';
export type { JobOverview } from './overview/read-overview.ts';
export type { AskOptions } from './questions.ts';
export type { JobFile, Result } from './results.ts';
export type { JobReference, StartOptions } from './starting/start-job.ts';
export type { WaitOptions } from './worker-answer.ts';
