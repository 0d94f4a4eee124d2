// A job as resolved by its first activity: what `job.json` holds, and the small part of it that workflows decide by.

import type { ModelPrice } from './money/cost.ts';
import type { Json, Lane } from './outcome/outcome.ts';
import type { VerdictPolicy } from './outcome/verdict.ts';

/** What a wave is for. */
export type WaveKind = 'first' | 'retry' | 'fallback' | 'again';

/** The spec with every default filled in and every limit clamped. Durations are milliseconds from here on. */
export interface JobSpec {
  readonly version: 1;
  readonly dataset: {
    readonly uri: string;
    readonly format: 'jsonl';
    readonly id: string | null;
    readonly limit: number | null;
  };
  readonly provider: string;
  /** Null where ready-made request lines name their own. */
  readonly model: string | null;
  readonly endpoint: string | null;
  /** The provider's request body as a template; null where the dataset's rows are request lines already. */
  readonly request: Json | null;
  /** JSON Schema an answer must satisfy. */
  readonly schema: Json | null;
  readonly output: string;
  readonly batch: { readonly maxItems: number; readonly maxBytes: number; readonly concurrency: number };
  readonly realtime: { readonly concurrency: number; readonly rpm: number | null; readonly tpm: number | null };
  readonly poll: PollPolicy;
  readonly retry: { readonly rounds: number; readonly backoffMs: number };
  readonly deadline: DeadlinePolicy;
  readonly fallback: { readonly lane: 'realtime' | 'none'; readonly maxUsd: number | null };
  readonly minBatchItems: number;
  readonly mode: 'batch' | 'realtime';
  readonly maxRejectRate: number;
  readonly budgetUsd: number | null;
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
  readonly then: 'fallback' | 'retry' | 'fail';
}

/** How long things may take: the worker's configuration as it was when the job began, so that a deploy changes no running job. */
export interface Timing {
  /** A create aborts its own call after this, plus the time its bytes need. */
  readonly createCallMs: number;
  /** After an ambiguous create, how long the provider's lists may lag. */
  readonly settleMs: number;
  readonly heartbeatMs: number;
  /** How long a cancelled batch may take to come to its end before its items are in doubt. */
  readonly cancelGraceMs: number;
  /** The provider's own window for a batch. */
  readonly providerWindowMs: number;
}

/** Who wrote an output folder: created once, conditionally, so that two runs never share one. */
export interface Claim {
  readonly workflowId: string;
  readonly firstRunId: string;
  /** 128 random bits in hex. */
  readonly nonce: string;
  readonly claimedAt: string;
}

/** `job.json`. */
export interface JobFile {
  readonly version: 1;
  readonly claim: Claim;
  /** Earlier claims of this output, taken over with `resumeFrom`, oldest first. */
  readonly takenOver: readonly Claim[];
  readonly spec: JobSpec;
  readonly policy: VerdictPolicy;
  readonly prices: Readonly<Record<string, ModelPrice>>;
  readonly pricesDated: string;
  readonly timing: Timing;
  /** The dataset's fingerprint when the job began. */
  readonly fingerprint: string;
}

/** What workflows know of a job: order and time. Everything else stays in `job.json`. */
export interface JobSettings {
  readonly output: string;
  readonly provider: string;
  readonly model: string | null;
  readonly dataset: string;
  readonly startedAt: number;
  readonly mode: 'batch' | 'realtime';
  readonly concurrency: number;
  readonly poll: PollPolicy;
  readonly retry: { readonly rounds: number; readonly backoffMs: number };
  readonly deadline: DeadlinePolicy;
  readonly fallback: { readonly lane: 'realtime' | 'none'; readonly maxUsd: number | null };
  readonly budgetUsd: number | null;
  readonly policy: VerdictPolicy;
  readonly timing: Timing;
  readonly keepProviderFiles: boolean;
  readonly batchesPerSegment: number;
  /** Waves that were planned in an earlier life of the job, first to last: they are run as they are. */
  readonly planned: readonly WaveKind[];
  /** Names of the search attributes that this namespace has registered. */
  readonly searchAttributes: readonly string[];
}

/** One batch of a plan: a line of `manifest.jsonl`, less its rows. */
export interface PlannedBatch {
  readonly batch: number;
  readonly lane: Lane;
  readonly model: string;
  readonly endpoint: string;
  readonly items: number;
  /** Size and check of the requests file: it is sent as it was planned, or not at all. */
  readonly bytes: number;
  readonly requestsCrc32: string;
  readonly estimate: Estimate;
}

/** Tokens by rule of thumb and what they would cost; usd is null where no price is known. */
export interface Estimate {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly usd: number | null;
}

export interface PlanSummary {
  readonly wave: number;
  readonly batches: number;
  readonly items: number;
  readonly estimate: Estimate;
  /** What the wave is for; a first one says nothing. */
  readonly kind?: WaveKind;
  /** Only a first wave has rows. */
  readonly rows?: RowCounts;
}

export interface RowCounts {
  readonly rows: number;
  readonly accepted: number;
  readonly refused: number;
  readonly duplicates: number;
  readonly carriedOver: number;
}
