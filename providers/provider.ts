// The port in front of every vendor. It offers what the activities need; a vendor's own words do not pass it.

import type { EndingRules } from '../domain/batch/evidence.ts';
import type { BatchEnding, BatchHandle, BatchPhase, BatchView, Staged } from '../domain/batch/state.ts';
import type { CustomId, SubmissionKey } from '../domain/ids.ts';
import type { OutputLimit } from '../domain/money/output-limit.ts';
import type { Json, RawOutcome } from '../domain/outcome/outcome.ts';
import type { Prompt } from '../domain/request/prompt.ts';

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
}

/** A ready-made request line of the dataset, taken apart. Its members may stand in any order. */
export type RequestLine =
  | {
      readonly kind: 'request';
      readonly id: string;
      readonly endpoint: string;
      readonly model: string;
      readonly body: Json;
      /** The body as the row's bytes spell it: it is sent so, whatever a number in it would become by being parsed. */
      readonly bodyText: string;
    }
  | { readonly kind: 'problem'; readonly problem: string };

/** A requests file on local disk: one line for each item. */
export interface RequestFile {
  readonly path: string;
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
  readonly endpoint: string;
  readonly items: number;
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
  /** Perhaps this submission's: it shows once they end. Empty where the vendor keeps metadata. */
  readonly possible: readonly BatchHandle[];
}

/** By the vendor's own name for a state. `ending` is null until the batch has ended. */
export type BatchStates = Readonly<Record<string, { readonly phase: BatchPhase; readonly ending: BatchEnding | null }>>;

/** `unsure` where the vendor will not say. */
export type ModelCheck = 'ok' | 'unknown_model' | 'bad_key' | 'unsure';

/**
 * One vendor's account. The first group of members is pure and belongs to the dialect; the second calls the vendor, throws ProviderErrors
 * only, never retries by itself, and ends with `ctx.signal`.
 */
export interface Provider {
  /** As in the registry. */
  readonly name: string;
  readonly limits: ProviderLimits;
  /** What the end of a batch proves of its items. */
  readonly proofs: EndingRules;
  readonly defaultEndpoint: string;
  readonly endpoints: readonly string[];

  /** The vendor's request body for a portable prompt; null where the endpoint does not take one. */
  buildBody(prompt: Prompt, endpoint: string): Json | null;
  /** Reasons why the vendor can never accept such a request, e.g. `stream: true`; empty if there are none. */
  findProblems(body: Json, endpoint: string): readonly string[];
  /** The request's own limit of output tokens. Requests of endpoints whose answers are not text have the limit 0. */
  outputLimit(body: Json, endpoint: string): OutputLimit;
  /** One line of a requests file, without its newline. `body` is JSON text. */
  encode(customId: CustomId, body: string, endpoint: string): string;
  /** Reads a ready-made request line; `record` is what `raw` parses to. The line is not sent: `encode` writes another around the body's text. */
  parseRequestLine(record: Json, raw: Buffer): RequestLine;
  /** A line of `encode` under another custom id. Throws InvariantBroken if the line does not have that form. */
  relabel(line: Buffer, customId: CustomId): Buffer;
  /** Reads one line of output. Never throws: a line that cannot be read is `unreadable`. Runs for every line, so it allocates little. */
  decode(line: Buffer, endpoint: string): RawOutcome;

  /** Whether the key works and the model, if one is given, is there. Spends nothing. */
  check(model: string | null, ctx: Context): Promise<ModelCheck>;
  /** Puts the requests file at the vendor; a vendor whose create carries the items does nothing here. May be repeated: copies are forgotten later. */
  upload(file: RequestFile, submission: Submission, ctx: Context): Promise<Staged>;
  /** Searches the vendor's list for batches of this submission. Throws if the list cannot be read back to `since`: absence must be certain. */
  find(submission: Submission, ctx: Context): Promise<Found>;
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
  /** Deletes the vendor's copies. Copies that are gone already are not an error. */
  forget(handle: BatchHandle, ctx: Context): Promise<void>;
  /** The realtime lane: sends one request line's request, and returns the line that `download` would have had for it. */
  call(line: Buffer, ctx: Context): Promise<Buffer>;
}
