// The events of a planned batch, as the batch machine receives them: the results of its steps, and what its job wants.

import type { NamedLimit } from '../capacity/window.ts';
import type { Trouble } from '../progress/events.ts';
import type { EndedBatch, MissingProof, Reading } from './evidence.ts';
import type { Recovered } from './recovered.ts';
import type { BatchHandle, UnrunAction } from './state.ts';

export interface BatchEvents {
  readonly recovered: Recovered;
  readonly uploaded: { readonly fileId: string | null };
  readonly upload_refused: { readonly refusal: string };
  readonly created: { readonly handle: BatchHandle; readonly twins: readonly BatchHandle[] };
  /** The provider refused the create, so nothing was created. */
  readonly create_refused: {
    readonly action: UnrunAction;
    readonly refusal: string;
    readonly named: NamedLimit | null;
  };
  /** The create may have taken effect: its reply was lost, or an earlier attempt's intent was found. */
  readonly create_unknown: { readonly overAt: number };
  /** A find saw no batch that could come from the create. */
  readonly found_none: object;
  /** A find saw batches that could come from the create, and will know when they end; or the find was refused. */
  readonly found_unclear: { readonly candidate: string | null };
  readonly polled_open: { readonly id: string };
  readonly polled_ended: {
    readonly id: string;
    readonly ended: EndedBatch;
    readonly action: UnrunAction;
    readonly named: NamedLimit | null;
  };
  readonly poll_missed: { readonly id: string; readonly notFound: boolean };
  readonly cancel_asked: { readonly id: string };
  /** The provider would not cancel the batch now, for instance because it still checks it. */
  readonly cancel_refused: { readonly id: string };
  readonly read: { readonly id: string; readonly reading: Reading };
  readonly read_failed: { readonly id: string };
  /** What classify could not prove about missing items, by provider batch; empty if the tally is written. */
  readonly classified: { readonly unproven: readonly { readonly id: string; readonly proof: MissingProof }[] };
  readonly trouble: { readonly trouble: Trouble };
  readonly paused: object;
  readonly resumed: object;
  /** The job's deadline passed. */
  readonly deadline: object;
  readonly deadline_changed: { readonly deadlineMs: number };
  /** With the time by which the batch must end, if its job ends by then; null if it was cancelled, which a person may have done. */
  readonly cancelled: { readonly endBy: number | null };
  /** A person must act first, and other jobs may use its room until then. */
  readonly yielded: object;
  /** The provider has room again, as far as the coordinator knows. */
  readonly room: object;
  /** The batch is larger than the provider has room for: only this share of it may fit. */
  readonly too_large: { readonly share: number };
  /** Someone knows that there is news at the provider: poll now. */
  readonly nudged: object;
  /** A step was stopped before its end: its result is read from disk. */
  readonly interrupted: object;
}

export type BatchEventKind = keyof BatchEvents;
export type BatchEvent = { [Kind in BatchEventKind]: { readonly kind: Kind } & BatchEvents[Kind] }[BatchEventKind];
