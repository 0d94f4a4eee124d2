// A batch of a front: what was asked for, which never changes, and what became of it.

import type { Json } from '../../../domain/outcome/outcome.ts';
import type { Usage } from '../../../domain/outcome/usage.ts';

export const dialects = ['openai', 'anthropic'] as const;
/** Whose request lines they are: the front through which the batch came, and the form of its answers. */
export type Dialect = (typeof dialects)[number];

export const targets = [...dialects, 'gemini', 'bedrock', 'vertex'] as const;
/** Whose request lines a provider takes. `vertex` are those of Anthropic's models there; its models of Gemini have Gemini's. */
export type Target = (typeof targets)[number];

/** Why a batch cannot run. */
export interface BatchProblem {
  /** In the words of the front. */
  readonly code: string;
  readonly message: string;
  /** The field; null if it is not one field. */
  readonly param: string | null;
  /** The line of the input, from 1; null if it is not one line. */
  readonly line: number | null;
}

/** Why one request of a batch cannot run: the others do. */
export interface Flaw {
  readonly field: string;
  /** It quotes nothing of the request. */
  readonly message: string;
}

/** What answers a batch: an entry of `models` in the configuration. */
export interface Route {
  readonly provider: string;
  /** Null is the default account. */
  readonly account: string | null;
  /** The model of all lines; absent where each line names its own. */
  readonly model?: string;
}

/** What a front asks for. */
export interface BatchOrder {
  readonly dialect: Dialect;
  /** The endpoint of all lines, e.g. `/v1/messages`. */
  readonly endpoint: string;
  /** The uri of the request lines, in the form of the dialect. */
  readonly lines: string;
  readonly total: number;
  /** Names the content of the lines: of an uploaded file its uuid, otherwise a hash. */
  readonly digest: string;
  /** Null only if there are problems, or if none of its requests can run. */
  readonly route: Route | null;
  /** A batch with problems is recorded as failed, and never starts. */
  readonly problems: readonly BatchProblem[];
  /** How long the batch may take. */
  readonly windowMs: number;
  /** The uuid of the uploaded file that has the lines; null if they came with the order. */
  readonly file: string | null;
  /** What only the front itself needs, such as metadata. */
  readonly front: { readonly [name: string]: Json };
}

/** `<folder>tenants/<tenant>/batches/<uuid>.json`. */
export interface BatchRecord extends BatchOrder {
  readonly version: 1;
  readonly uuid: string;
  readonly tenant: string | null;
  /** In milliseconds. */
  readonly createdAt: number;
}

/** `accepted`: its workflow has not planned it yet. The last four are ends. */
export type BatchStatus =
  | 'accepted'
  | 'running'
  | 'finishing'
  | 'cancelling'
  | 'completed'
  | 'failed'
  /** It ended because its time was over. */
  | 'expired'
  | 'cancelled';

export interface BatchCounts {
  readonly total: number;
  /** Lines with an answer of the model, also if it was cut or is a refusal. */
  readonly answered: number;
  readonly failed: number;
  /** Of `failed`: those that were cancelled, those whose time was over, and those that were refused before anything was sent. */
  readonly cancelled: number;
  readonly expired: number;
  readonly refused: number;
}

export interface BatchState {
  readonly status: BatchStatus;
  readonly counts: BatchCounts;
  /** Null until the end. */
  readonly usage: Usage | null;
  readonly problems: readonly BatchProblem[];
  /** In milliseconds; null as long as it did not happen. */
  readonly cancelAskedAt: number | null;
  readonly endedAt: number | null;
  /** The uri of the results; null as long as there are none. Requests that were refused are not in it. */
  readonly results: string | null;
}

/** A batch as a front shows it. */
export interface Batch {
  readonly record: BatchRecord;
  readonly state: BatchState;
}

export const hasEnded = ({ status }: Pick<BatchState, 'status'>): boolean =>
  status === 'completed' || status === 'failed' || status === 'expired' || status === 'cancelled';

/** Before anything is known of its workflow. */
export function describeNew({ total, problems, createdAt }: BatchRecord): BatchState {
  const isRefused = problems.length > 0;
  return {
    status: isRefused ? 'failed' : 'accepted',
    counts: { total, answered: 0, failed: 0, cancelled: 0, expired: 0, refused: 0 },
    usage: null,
    problems,
    cancelAskedAt: null,
    endedAt: isRefused ? createdAt : null,
    results: null,
  };
}

/** As a batch whose requests all failed: it is complete, and nothing of it was sent. */
export function describeAllRefused(record: BatchRecord): BatchState {
  const state = describeNew(record);
  const { total } = record;
  return { ...state, status: 'completed', counts: { ...state.counts, failed: total, refused: total } };
}
