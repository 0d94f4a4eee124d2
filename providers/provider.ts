// The port every vendor stands behind. Shaped by what the activities need; a vendor's own words end here.

import type { BatchHandle, BatchView, Staged } from '../domain/batch/state.ts';
import type { CustomId, SubmissionKey } from '../domain/ids.ts';
import type { Json, RawOutcome } from '../domain/outcome/outcome.ts';
import type { Prompt } from '../domain/request/prompt.ts';

export interface Context {
  readonly signal: AbortSignal;
  /** Called as bytes move, so that a long transfer can be told from a dead one. */
  readonly moved?: (bytes: number) => void;
}

export interface ProviderLimits {
  readonly itemsMax: number;
  readonly bytesMax: number;
  /** A batch with fewer items is refused by the vendor. */
  readonly itemsMin: number;
  readonly windowMs: number;
  /** True where a batch can only be told from its like by its size: batches in one wave get distinct counts. */
  readonly distinctCounts: boolean;
  /** True where creating a batch sends the items themselves, so that it takes as long as the upload. */
  readonly createSendsItems: boolean;
}

/** A ready-made request line, taken apart. */
export type RequestLine =
  | {
      readonly kind: 'request';
      readonly id: string;
      readonly endpoint: string;
      readonly model: string;
      readonly body: Json;
    }
  | { readonly kind: 'problem'; readonly problem: string };

/** A requests file on local disk, and the first item's wire id, by which a vendor without metadata can be searched. */
export interface RequestFile {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly items: number;
}

/** What a submission is known by, and where to look for it. */
export interface Submission {
  readonly key: SubmissionKey;
  /** Prefix of the batch's custom ids. */
  readonly prefix: string;
  readonly endpoint: string;
  readonly items: number;
  /** Batches made before this cannot be it (milliseconds, margin for clocks included). */
  readonly since: number;
  /** No create of it is known to have been tried: a list of the last seconds is new enough. Absent: the list is asked for anew. */
  readonly untried?: boolean;
  /** Handles of this job's other batches: they are not it. */
  readonly known: ReadonlySet<string>;
}

export interface Found {
  /** Certainly this submission's, oldest first. */
  readonly confirmed: readonly BatchHandle[];
  /** Might be, and will show it once they end. Empty where the vendor keeps metadata. */
  readonly possible: readonly BatchHandle[];
}

export interface Provider {
  readonly name: string;
  readonly limits: ProviderLimits;
  readonly defaultEndpoint: string;
  readonly endpoints: readonly string[];

  /** The vendor's request body for a portable prompt; null where the endpoint does not take one. */
  buildBody(prompt: Prompt, endpoint: string): Json | null;
  /** What keeps a request template from ever being accepted, e.g. `stream: true`; empty when nothing does. */
  findProblems(body: Json, endpoint: string): readonly string[];
  /** The request's own bound on its output tokens; null where it names none. */
  outputTokensMax(body: Json): number | null;
  /** One line of a requests file, without its newline. `body` is JSON text. */
  encode(customId: CustomId, body: string, endpoint: string): string;
  /** A ready-made request line of the dataset. */
  parseRequestLine(record: Json): RequestLine;
  /** The same request line under another wire id. */
  relabel(line: Buffer, customId: CustomId): Buffer;
  /** One line of output, understood. Never throws: what cannot be read is `unreadable`. */
  decode(line: Buffer, endpoint: string): RawOutcome;

  /** Whether the key works and the model is there, without spending anything. `unsure` where the vendor will not say. */
  check(model: string, ctx: Context): Promise<'ok' | 'unknown_model' | 'bad_key' | 'unsure'>;
  upload(file: RequestFile, submission: Submission, ctx: Context): Promise<Staged>;
  find(submission: Submission, ctx: Context): Promise<Found>;
  create(staged: Staged, file: RequestFile, submission: Submission, ctx: Context): Promise<BatchHandle>;
  poll(handle: BatchHandle, ctx: Context): Promise<BatchView>;
  /** Every line the ended batch has, as the vendor sent it. Throws `broken_stream` where it can tell that bytes are missing. */
  download(handle: BatchHandle, ctx: Context): AsyncIterable<Uint8Array>;
  cancel(handle: BatchHandle, ctx: Context): Promise<void>;
  /** Deletes the vendor's copies; what is gone already is no error. */
  forget(handle: BatchHandle, ctx: Context): Promise<void>;
  /** The realtime lane: sends one request line's request, gives back a line as `output` would have had it. */
  call(line: Buffer, ctx: Context): Promise<Buffer>;
}
