// A job as its first activity resolved it: the content of `job.json`, and the small part of it that workflows use.

import type { EndingRules } from './batch/evidence.ts';
import type { DatasetFormat, DatasetUri } from './dataset.ts';
import type { ModelPrice } from './money/cost.ts';
import type { TokenRatio } from './money/token-ratio.ts';
import type { Json, Lane } from './outcome/outcome.ts';
import type { VerdictPolicy } from './outcome/verdict.ts';
import type { Estimate } from './plan/batch-estimate.ts';
import type { JobMode, RouteLimits, RoutePolicy } from './plan/route.ts';
import type { JobRefused } from './refusal.ts';
import type { Sharing, TaskPriority } from './sharing.ts';
import type { RolloutPolicy } from './waves/rollout.ts';
import type { WithReceiver } from './webhook/events.ts';

export const defaultAccount = 'default';

/** Why a wave runs. */
export const waveKinds = ['first', 'rollout', 'retry', 'split', 'fallback', 'again'] as const;
export type WaveKind = (typeof waveKinds)[number];

/** The action for items that a deadline left unanswered. */
export const deadlineActions = ['fallback', 'retry', 'fail'] as const;
export type DeadlineAction = (typeof deadlineActions)[number];

/** Formats in which the results are written as a table too, next to JSON Lines. */
export const tableFormats = ['csv', 'parquet'] as const;
export const resultFormats = ['jsonl', ...tableFormats] as const;
export type ResultFormat = (typeof resultFormats)[number];

/** The job file with every default filled in and every limit clamped. From here on, durations are milliseconds. */
export interface JobSpec extends Sharing, WithReceiver {
  readonly version: 1;
  readonly dataset: {
    /** Several, or one with `*`, are read one after the other as one dataset. */
    readonly uri: DatasetUri;
    readonly format: DatasetFormat;
    /** Absent: what the file shows. */
    readonly encoding?: string;
    readonly delimiter?: string;
    /** Columns with paths of files; absent: none. */
    readonly files?: readonly string[];
    readonly id: string | null;
    readonly limit: number | null;
  };
  readonly provider: string;
  /** The set of credentials in the worker's configuration. Absent in jobs of earlier versions: `default`. */
  readonly account?: string;
  /** Null if the rows are ready-made request lines, which name their own model. */
  readonly model: string | null;
  readonly endpoint: string | null;
  /** The provider's request body as a template; null if the dataset's rows are request lines already. */
  readonly request: Json | null;
  /** JSON Schema that an answer must satisfy. */
  readonly schema: Json | null;
  readonly output: string;
  /** Absent: `jsonl`, which is always written. */
  readonly outputFormat?: ResultFormat;
  readonly batch: {
    readonly maxItems: number;
    readonly maxBytes: number;
    readonly concurrency: number;
    /** Absent: 1. */
    readonly inputsPerRequest?: number;
  };
  readonly realtime: { readonly concurrency: number; readonly rpm: number | null; readonly tpm: number | null };
  readonly poll: PollPolicy;
  readonly retry: { readonly rounds: number; readonly backoffMs: number; readonly flawed?: boolean };
  readonly deadline: DeadlinePolicy;
  /** How long the job should take. Absent: nobody said. */
  readonly slaMs?: number;
  readonly fallback: { readonly lane: 'realtime' | 'none'; readonly maxUsd: number | null };
  readonly minBatchItems: number;
  readonly mode: JobMode;
  /** Of hybrid jobs. */
  readonly route?: RoutePolicy;
  readonly maxRejectRate: number;
  /** Absent: all rows run in one step. */
  readonly rollout?: RolloutPolicy;
  readonly budgetUsd: number | null;
  /** The most that a request may cost is reserved. Absent: what it is estimated to cost. */
  readonly strictBudget?: true;
  readonly reuse: string | null;
  readonly keep: { readonly responses: boolean; readonly providerFiles: boolean };
}

export interface PollPolicy {
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
}

export interface DeadlinePolicy {
  readonly batchMs: number;
  readonly jobMs: number | null;
  readonly then: DeadlineAction;
}

/** The worker's time limits when the job began, so that a deploy does not change a running job. */
export interface Timing {
  /** A create aborts its own call after this time, plus the time that its bytes need. */
  readonly createCallMs: number;
  /** How long the provider's lists may lag after a create whose result is not known. */
  readonly settleMs: number;
  readonly heartbeatMs: number;
  /** How long a cancelled batch may take to end. After that, its items are in doubt. */
  readonly cancelGraceMs: number;
  /** The provider's own window for a batch. */
  readonly providerWindowMs: number;
  /** How long to wait for an ended batch's output while the provider does not show it whole. */
  readonly notShownMs: number;
  /** The time between two readings that must give the same bytes before a missing item counts as lost. */
  readonly readAgainMs: number;
  /** How long a batch may be unknown to its provider before its items are in doubt. */
  readonly notFoundMs: number;
  /** How much longer than the provider's window a batch may stay open before its items are in doubt. */
  readonly openGraceMs: number;
}

/** The owner of an output folder. A claim is created only if there is none, so two runs never share a folder. */
export interface Claim {
  readonly workflowId: string;
  readonly firstRunId: string;
  /** 128 random bits in hex. Activities that work under an earlier claim of the folder do nothing. */
  readonly nonce: string;
  readonly claimedAt: string;
}

/** `job.json`. */
export interface JobFile {
  readonly version: 1;
  readonly claim: Claim;
  /** The nonce of the claim under which the job was planned. Custom ids and submissions derive from it, so a takeover keeps it. */
  readonly planNonce: string;
  /** Earlier claims of this output, oldest first. */
  readonly takenOver: readonly Claim[];
  readonly spec: JobSpec;
  readonly policy: VerdictPolicy;
  readonly prices: Readonly<Record<string, ModelPrice>>;
  readonly pricesDated: string;
  readonly timing: Timing;
  /** What the provider's endings prove, by the version that began the job. */
  readonly proofs: EndingRules;
  /** The region to which the account was bound when the job began; null for none. Absent in jobs of earlier versions. */
  readonly region?: string | null;
  /** The rate of its model that all jobs share when the job began, which bounds its route. Absent: none is known, or it has no route. */
  readonly sharedRate?: RouteLimits;
  /** The dataset's fingerprint when the job began. */
  readonly fingerprint: string;
  /** Present if planning refused the job: the claim is given up, and a new plan is refused for the same reason. */
  readonly refused?: Pick<JobRefused, 'kind' | 'problems'>;
  /** Present while the files of an earlier job are being removed: the claim already holds, but the job has not begun. */
  readonly clearing?: true;
}

/** The part of a job that workflows need to decide order and time. The rest stays in `job.json`. */
export interface JobSettings
  extends Pick<
      JobSpec,
      | 'output'
      | 'provider'
      | 'account'
      | 'model'
      | 'mode'
      | 'poll'
      | 'retry'
      | 'deadline'
      | 'slaMs'
      | 'fallback'
      | 'budgetUsd'
      | 'rollout'
      | 'webhook'
    >,
    Pick<JobFile, 'policy' | 'timing' | 'proofs'> {
  /** The claim's nonce. */
  readonly nonce: string;
  /** Of all tasks of the job. Absent if a worker of an earlier version opened the job. */
  readonly priority?: TaskPriority;
  /** As whom the job asks the dispatcher. Absent if the worker that opened it has no limits: it finds out alone what fits. */
  readonly dispatch?: Sharing;
  readonly dataset: string;
  readonly startedAt: number;
  readonly concurrency: number;
  readonly keepProviderFiles: boolean;
  readonly batchesPerSegment: number;
  /** At this length of its history, a workflow continues as new as soon as it can. */
  readonly historyEventsMax: number;
  /** Waves that an earlier workflow of this job planned, first to last. They run as planned. */
  readonly planned: readonly WaveKind[];
  /** What is done in another way than the job says. Absent if a worker of an earlier version opened the job. */
  readonly warnings?: readonly string[];
  /** Names of the search attributes that this namespace has registered. */
  readonly searchAttributes: readonly string[];
}

/** One batch of a plan: a line of `manifest.jsonl` without its rows. */
export interface PlannedBatch {
  readonly batch: number;
  readonly lane: Lane;
  readonly model: string;
  readonly endpoint: string;
  readonly items: number;
  /** Size and checksum of the requests file. It is sent exactly as planned, or not at all. */
  readonly bytes: number;
  readonly requestsCrc32: string;
  readonly estimate: Estimate;
  /** The batch's items fell back to the realtime lane, where `fallback.maxUsd` caps their cost. */
  readonly fallback?: true;
}

/** A place in a wave's plan: a batch, counted from 1, and the byte of the manifest at which its line begins. */
export interface PlanPosition {
  readonly batch: number;
  readonly byte: number;
}

export const planStart: PlanPosition = { batch: 1, byte: 0 };

export interface JobPosition {
  readonly wave: number;
  readonly at: PlanPosition;
}

export const jobStart: JobPosition = { wave: 1, at: planStart };

export interface PlanSummary {
  readonly wave: number;
  readonly batches: number;
  readonly items: number;
  readonly estimate: Estimate;
  /** Absent means a first wave. */
  readonly kind?: WaveKind;
  /** Only a first wave has rows. */
  readonly rows?: RowCounts;
  /** Only a first wave has it, and only of a rollout: the sums of all its steps, which are waves of their own. */
  readonly whole?: Pick<PlanSummary, 'batches' | 'items' | 'estimate'> & { readonly waves: number };
  /** Only a first wave has it: of each model whose tokens were counted in a sample of the rows. */
  readonly tokenRatios?: readonly TokenRatio[];
}

export interface RowCounts {
  readonly rows: number;
  readonly accepted: number;
  readonly refused: number;
  readonly duplicates: number;
  readonly carriedOver: number;
  /** Those of `carriedOver` that are in doubt; absent if there are none. */
  readonly carriedInDoubt?: number;
}
