// One batch of any vendor: its request, its items and its progress.

import { type BatchFault, faultFor } from '../faults/batch-faults.ts';
import type { Options } from '../faults/options.ts';
import { asText, type Json } from '../server/json.ts';
import type { Vendor } from '../server/routes.ts';
import type { ItemIndex } from './item-index.ts';
import { type Moment, momentAt, type Phase, type Timeline } from './timeline.ts';

const dayMs = 24 * 3_600_000;

/** How the ids of a vendor's batches begin. */
export const batchIdPrefixes: Record<Vendor, string> = {
  openai: 'batch_',
  anthropic: 'msgbatch_',
  bedrock: 'bedrockjob',
  gemini: 'gemini-batch-',
  vertex: 'vertex-batch-',
};

/** How long after its creation a batch expires. */
export const windowsMs: Record<Vendor, number> = {
  openai: dayMs,
  anthropic: dayMs,
  bedrock: 3 * dayMs,
  gemini: 2 * dayMs,
  vertex: 4 * dayMs,
};

export interface BatchProblem {
  code: string;
  message: string;
  param: string | null;
  line: number | null;
}

export interface Scan {
  index: ItemIndex;
  problems: BatchProblem[];
}

export interface Batch {
  id: string;
  vendor: Vendor;
  tenant: string;
  ordinal: number;
  endpoint: string;
  inputFileId: string;
  inputPath: string;
  metadata: Json | null;
  resultsTtlMs: number;
  createdAtMs: number;
  /** The options when the batch was created: later patches change running batches only through `Hold`. */
  options: Options;
  fault: BatchFault;
  scan: Scan | null;
  scanning: Promise<void>;
  validatedAtMs: number | null;
  admitted: boolean;
  problems: BatchProblem[];
  cancelRequestedAtMs: number | null;
  outcomes: Uint8Array;
  executed: number;
  succeeded: number;
  failed: number;
  /** Billed items without a line in the results, and those whose line does not say whose it is. */
  billedWithoutLine: number;
  billedWithoutId: number;
  final: Moment | null;
  outputFileId: string | null;
  errorFileId: string | null;
  /** Tokens of the billed items, summed once when first asked for. */
  usage: { input: number; output: number } | null;
  downloadsRefused: number;
  /** Whether all of its output is in its bucket, from where others may delete it. */
  outputWritten: boolean;
  deleted: boolean;
}

/** The id that the client sees: at Fireworks, the one that it chose for its job. */
export const readShownId = ({ id, metadata }: Batch): string => asText(metadata?.job_id) || id;

function makeTimeline(batch: Batch): Timeline {
  const { options, fault } = batch;
  return {
    createdAtMs: batch.createdAtMs,
    windowMs: windowsMs[batch.vendor],
    validatedAtMs: batch.validatedAtMs,
    invalid: batch.problems.length > 0,
    runMs: options.runMs,
    finalizeMs: options.finalizeMs,
    cancelMs: options.cancelMs,
    cancelRequestedAtMs: batch.cancelRequestedAtMs,
    endAs: fault.endAs ?? 'completed',
    // An expired batch of Gemini's has no results, and is not billed.
    partial: fault.partial ?? (batch.vendor === 'gemini' && fault.endAs === 'expired' ? 0 : undefined),
  };
}

/** Stuck and never-ending batches follow the current options, so that a test can let them go. */
export function batchMoment(batch: Batch, options: Options, nowMs: number): Moment {
  return batch.final ?? momentAt(makeTimeline(batch), faultFor(options, batch.ordinal), nowMs);
}

export const itemCount = (batch: Batch): number => batch.scan?.index.length ?? 0;

export function computePhase(batch: Batch, options: Options, nowMs: number): Phase {
  return batchMoment(batch, options, nowMs).phase;
}
