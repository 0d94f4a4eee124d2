// Ids and numbers of things: branded, so that a row number is never passed where a batch number is meant.

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** 24 hex digits: the same row with the same request has the same key in every run. */
export type ItemKey = Branded<string, 'ItemKey'>;
/** 32 hex digits on the wire: 8 that name the batch, then the item's key. */
export type CustomId = Branded<string, 'CustomId'>;
/** 32 hex digits: one attempt to make one provider batch from one planned batch. */
export type SubmissionKey = Branded<string, 'SubmissionKey'>;
/** Number of a record in the dataset, from 1; refused records count. */
export type RowNumber = number;
/** A row's id: the value of its id column, or its number. */
export type RowId = string | number;

/** The input of nearly every activity: the folder that holds `job.json`, and the claim under which the activity works. */
export interface JobRef {
  readonly output: string;
  /** The claim's nonce. If the folder has another claim by now, the activity does nothing. */
  readonly nonce: string;
}

/** Identifies a batch: enough to find each of its files. Waves and batches count from 1; wave 0 holds what `reuse` carried over. */
export interface BatchRef {
  readonly output: string;
  readonly wave: number;
  readonly batch: number;
}

/** What `reuse` carried over: it has answers, and no plan. */
export const carriedBatch = { wave: 0, batch: 1 } as const;

/** The dispatcher's workflow: one in each namespace. */
export const dispatcherId = 'nightshift-dispatcher';

export const itemKey = (hex: string): ItemKey => checkedHex(hex, 24) as ItemKey;
export const submissionKey = (hex: string): SubmissionKey => checkedHex(hex, 32) as SubmissionKey;
export const customId = (batchPrefix: string, key: ItemKey): CustomId =>
  `${checkedHex(batchPrefix, 8)}${key}` as CustomId;
export const prefixOfCustomId = (id: string): string => id.slice(0, 8);

/** The text that is hashed into a batch's prefix and into a submission: hashing needs Node, so `activities/` does it. */
export const batchIdentity = (nonce: string, wave: number, batch: number): string => `${nonce}/${wave}/${batch}`;
export const submissionIdentity = (nonce: string, wave: number, batch: number, ordinal: number): string =>
  `${batchIdentity(nonce, wave, batch)}/${ordinal}`;

export const padded = (batch: number): string => String(batch).padStart(4, '0');

/** Workflow ids read like the plan. */
export const batchWorkflowId = (job: string, wave: number, batch: number): string =>
  `${job}/wave-${wave}/batch-${padded(batch)}`;
export const segmentWorkflowId = (job: string, wave: number, segment: number): string =>
  `${job}/wave-${wave}/segment-${padded(segment)}`;

function checkedHex(hex: string, digits: number): string {
  if (hex.length !== digits) throw new Error(`an id of ${digits} hex digits was expected, ${hex.length} were given`);
  return hex;
}
