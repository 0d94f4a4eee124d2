// The port in front of every vendor. It offers what the activities need; a vendor's own words do not pass it.

import type { EndingRules } from '../domain/batch/evidence.ts';
import type { BatchEnding, BatchHandle, BatchPhase, BatchView, Staged } from '../domain/batch/state.ts';
import type { FileUsage } from '../domain/capacity/file-storage.ts';
import type { RoleVerdict } from '../domain/checkup.ts';
import type { SubmissionKey } from '../domain/ids.ts';
import type { Lane } from '../domain/outcome/outcome.ts';
import type { Dialect, DialectSettings } from './dialects/dialect.ts';

export interface Context {
  readonly signal: AbortSignal;
  /** Called as bytes move, so that a slow transfer is not taken for a dead one. */
  readonly moved?: (bytes: number) => void;
}

export interface ProviderLimits {
  readonly itemsMax: number;
  readonly bytesMax: number;
  /** A batch with fewer items is refused by the vendor. */
  readonly itemsMin: number;
  readonly windowMs: number;
  /** True where only its size tells a batch from others of the job: the batches of a wave get distinct counts. */
  readonly distinctCounts: boolean;
  /** True where creating a batch sends the items themselves, so that it takes as long as the upload. */
  readonly createSendsItems: boolean;
  /** How many files without an expiry an account stores. Absent where the vendor publishes no bound. */
  readonly lastingFilesMax?: number;
  /** How many bytes of files an account stores. Absent where the vendor publishes no bound. */
  readonly fileBytesMax?: number;
}

/** A requests file: one line for each item. */
export interface RequestFile {
  /** Where it lies on this machine's disk. It may have to be copied there first, so ask only to read it, and before anything is sent. */
  path(signal: AbortSignal): Promise<string>;
  /** The name that the vendor is given; it ends in `.jsonl`. */
  readonly name: string;
  readonly bytes: number;
  readonly items: number;
}

/** One attempt to make a provider's batch out of a planned batch: how to recognise it, and where to search for it. */
export interface Submission {
  /** For a vendor that keeps metadata. */
  readonly key: SubmissionKey;
  /** The prefix of the batch's custom ids, for a vendor that does not. */
  readonly prefix: string;
  readonly model: string;
  readonly endpoint: string;
  /** The number of its requests. */
  readonly items: number;
  /** The uploaded file that its creates refer to; null if it is not known, or if a create carries the items. */
  readonly fileId: string | null;
  /** Batches made before this cannot be it (milliseconds, margin for clocks included). */
  readonly since: number;
  /** Batches made after this cannot be it either: by then no create of it could still arrive (milliseconds, margin included). */
  readonly until: number;
  /** True if no create of it is known to have been tried: a list that is some seconds old is new enough. Default: false, the list is requested. */
  readonly untried?: boolean;
  /** Whether the job has recorded this batch as that of another submission: then it is left out. Asked only of batches that may be it. */
  readonly isOwnedByOther: (id: string) => Promise<boolean>;
}

export interface Found {
  /** Certainly this submission's, oldest first. */
  readonly confirmed: readonly BatchHandle[];
  /** Perhaps this submission's: a later search may show it. Empty where the vendor shows what tells batches apart. */
  readonly possible: readonly BatchHandle[];
  /** The list may have left some out: then what was not found may be there. */
  readonly isPartial?: true;
}

/** Whether a search shows that there is no batch of the submission. */
export const provesAbsence = ({ confirmed, possible, isPartial }: Found): boolean =>
  confirmed.length === 0 && possible.length === 0 && isPartial !== true;

/** What a single call asks, which is not always in its request line. */
export type CallTarget = Pick<Submission, 'model' | 'endpoint'>;

/** By the vendor's own name for a state. `ending` is null until the batch has ended. */
export type BatchStates = Readonly<Record<string, { readonly phase: BatchPhase; readonly ending: BatchEnding | null }>>;

/** `unsure` where the vendor will not say. */
export type ModelCheck = 'ok' | 'unknown_model' | 'bad_key' | 'unsure';

/**
 * One vendor's account: its dialect, and the calls to the vendor. A call throws ProviderErrors only, never retries by itself, and ends with
 * `ctx.signal`.
 */
export interface Provider extends Dialect {
  /** From which threads make the pure part again. */
  readonly dialect: DialectSettings;
  /** The only region that the account sends anything to; null if it is not bound to one. */
  readonly region: string | null;
  /** The region, if the vendor has other prices for accounts that are bound to one. Default: null. */
  readonly priceRegion?: string | null;
  /** Without `batch`, the vendor has no batch API: the methods of batches refuse. */
  readonly lanes: readonly Lane[];
  readonly limits: ProviderLimits;
  /** What the end of a batch proves of its items. */
  readonly proofs: EndingRules;

  /** Whether the key works and the model, if one is given, is there. Spends nothing. */
  check(model: string | null, ctx: Context): Promise<ModelCheck>;
  /**
   * Whether the vendor can act as the role of the account, tried by a batch of this name that cannot run. Absent where accounts have no role. Throws
   * if the bucket cannot be used.
   */
  tryRole?(name: string, ctx: Context): Promise<RoleVerdict>;
  /** Puts the requests file at the vendor; a vendor whose create carries the items does nothing here. May be repeated: copies are forgotten later. */
  upload(file: RequestFile, submission: Submission, ctx: Context): Promise<Staged>;
  /** Searches the vendor's list for batches of this submission. Throws if a list that has more cannot be read back to `since`. */
  find(submission: Submission, ctx: Context): Promise<Found>;
  /** Whether the account has this uploaded file. Absent where the vendor has no such call. */
  holdsFile?(fileId: string, ctx: Context): Promise<boolean>;
  /** Adds up the files that the account stores. Absent where the vendor does not list them. */
  measureFiles?(ctx: Context): Promise<FileUsage>;
  /** Never idempotent. A failure after which the batch may exist is `ambiguous`: the caller searches before it creates again. */
  create(staged: Staged, file: RequestFile, submission: Submission, ctx: Context): Promise<BatchHandle>;
  /** The state of the batch now. A state that is not known counts as `running`. */
  poll(handle: BatchHandle, ctx: Context): Promise<BatchView>;
  /**
   * Every line that the ended batch has, as the vendor sent it. Throws `broken_stream` if bytes are known to be missing, `not_ready` if the
   * output is not there yet. Returns whether all of it is known to have come; null if the vendor states no size.
   */
  download(handle: BatchHandle, ctx: Context): AsyncGenerator<Uint8Array, true | null>;
  /** Asks the vendor to stop the batch. A batch that has ended or is being cancelled is not an error. */
  cancel(handle: BatchHandle, ctx: Context): Promise<void>;
  /** Deletes an uploaded file whose batch was read whole. Absent where the vendor keeps no uploads, or has no such call. */
  forgetFile?(fileId: string, ctx: Context): Promise<void>;
  /** Deletes the vendor's copies. Copies that are gone already are not an error. */
  forget(handle: BatchHandle, ctx: Context): Promise<void>;
  /** The realtime lane: sends one request line's request, and returns the line that `download` would have had for it. */
  call(line: Buffer, target: CallTarget, ctx: Context): Promise<Buffer>;
}
