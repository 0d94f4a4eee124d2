// What a holder and the dispatcher tell each other. A holder is a job or a segment. It always declares its whole state, and grants are counted
// from the start, so a message that is lost, late or doubled changes nothing that the next one does not put right.

import type { Lane } from '../outcome/outcome.ts';
import type { Sharing } from '../sharing.ts';

export interface Load {
  readonly batches: number;
  readonly tokens: number;
  readonly usd: number;
  /** The most that they may cost. Null if not known; absent if an earlier version declared them. */
  readonly mostUsd?: number | null;
}

export const noLoad: Load = { batches: 0, tokens: 0, usd: 0 };

/** The estimate of one batch. The cost is null if a price or a limit of output tokens is not known. */
export interface BatchSize {
  readonly tokens: number;
  readonly usd: number | null;
  /** The most that it may cost. Null if not known; absent if an earlier version declared it. */
  readonly mostUsd?: number | null;
}

/** Refusals for lack of room: how many there were so far; when the last one's batch was asked for, and the limit that was named. */
export interface Refused {
  readonly count: number;
  readonly askedAt: number;
  readonly named: { readonly unit: 'tokens' | 'batches'; readonly limit: number } | null;
}

/** What a holder says of its batches of one model in one lane. */
export interface Need {
  readonly model: string;
  readonly lane: Lane;
  /** Open batches that take room at the provider. */
  readonly held: Load;
  /** How many of them the provider may still refuse. */
  readonly unsure: number;
  /** How many batches the provider has accepted so far. */
  readonly accepted: number;
  /** How many more the holder would start now. */
  readonly waiting: number;
  /** None of those is larger. */
  readonly each: BatchSize;
  /** How many grants were used or given back so far, and how many the holder knows of. */
  readonly taken: number;
  readonly granted: number;
  readonly refused: Refused;
  /** When one of its batches last ended and gave back its room; 0 if none has. */
  readonly endedAt: number;
  /** Of a realtime lane: the tokens of the largest call that did not fit into its part. Absent: all have fitted. */
  readonly callTokens?: number;
  /** Its open realtime batch makes no calls, because the holder is paused. */
  readonly isPaused?: true;
}

export interface Declaration {
  readonly holder: string;
  /** Names the run of the workflow and the part of its work. Another run is another holder, and counts from the start. */
  readonly run: string;
  /** Names the run with which the workflow began, from which it carries over what its realtime lane has used. Absent in earlier versions. */
  readonly chain?: string;
  /** When that part began. An earlier one is over. */
  readonly began: number;
  /** Rises with each declaration. */
  readonly seq: number;
  readonly provider: string;
  readonly account: string;
  readonly sharing: Sharing;
  readonly needs: readonly Need[];
  /** What its ended batches have cost so far. */
  readonly spentUsd: number;
  /** It holds nothing and wants nothing more. */
  readonly isClosed: boolean;
}

/** What the holder is told about each need. */
export interface Grant {
  readonly model: string;
  readonly lane: Lane;
  /** How many batches it could start so far. */
  readonly granted: number;
  /** Why it waits; null if it does not. */
  readonly wait: string | null;
  /** The room is not known, so it matters which batches the provider has accepted. */
  readonly isUntried: boolean;
}

export interface Grants {
  /** Rises with each message of all dispatchers, so that a late one is ignored. */
  readonly version: number;
  readonly run: string;
  readonly grants: readonly Grant[];
}

/** The dispatcher's answer to a declaration. */
export type Answer =
  | { readonly kind: 'told'; readonly grants: Grants }
  /** It is over, a later declaration overtook it, or the dispatcher has just started: then it is told by a signal. */
  | { readonly kind: 'nothing' }
  /** The dispatcher does not know the configuration of that digest. */
  | { readonly kind: 'limits_wanted' }
  /** There are too many holders already. */
  | { readonly kind: 'later' };
