// What can happen to a planned batch, as the batch machine hears of it: what came of its steps, and what its job wants.

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
  /** Nothing came of the create: the provider said so. */
  readonly create_refused: {
    readonly action: UnrunAction;
    readonly refusal: string;
    readonly named: NamedLimit | null;
  };
  /** The create may have taken effect: its reply was lost, or an earlier attempt's intent was found. */
  readonly create_unknown: { readonly overAt: number };
  /** A find saw nothing that might be it. */
  readonly found_none: object;
  /** A find saw batches that might be it, and will show it when they end; or the find was refused. */
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
  /** The provider would not cancel it now, for instance because it is still being checked. */
  readonly cancel_refused: { readonly id: string };
  readonly read: { readonly id: string; readonly reading: Reading };
  readonly read_failed: { readonly id: string };
  /** What classify could not prove of the missing items, by provider batch; empty if the tally is written. */
  readonly classified: { readonly unproven: readonly { readonly id: string; readonly proof: MissingProof }[] };
  readonly trouble: { readonly trouble: Trouble };
  readonly paused: object;
  readonly resumed: object;
  /** The job's deadline passed. */
  readonly deadline: object;
  readonly deadline_changed: { readonly deadlineMs: number };
  /** With the time by which it must end, if the job has set one. */
  readonly cancelled: { readonly endBy: number | null };
  /** The provider has room again, as far as the coordinator knows. */
  readonly room: object;
  /** It is larger than what the provider has room for at all: only such a share of it may fit. */
  readonly too_large: { readonly share: number };
  /** Someone knows that there is news at the provider: poll now. */
  readonly nudged: object;
  /** A step was stopped before its end: what came of it is read from disk. */
  readonly interrupted: object;
}

export type BatchEventKind = keyof BatchEvents;
export type BatchEvent = { [Kind in BatchEventKind]: { readonly kind: Kind } & BatchEvents[Kind] }[BatchEventKind];
