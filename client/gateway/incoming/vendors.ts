// What each vendor's events say: only that a batch has ended, and which. Everything else is read by a poll.

interface HookVendor {
  /** The events of a batch that has ended. Others are ignored. */
  readonly events: ReadonlySet<string>;
  /** The forms in which a job may have recorded the batch. */
  readonly listIds: (id: string) => readonly string[];
}

const ends = (...kinds: readonly string[]): ReadonlySet<string> => new Set(kinds.map((kind) => `batch.${kind}`));

/** Both sign by the Standard Webhooks convention, with a secret of the account. */
export const hookVendors: Readonly<Record<'openai' | 'gemini', HookVendor>> = {
  openai: { events: ends('completed', 'failed', 'expired', 'cancelled'), listIds: (id) => [id] },
  // Its docs name the same event `succeeded` and `completed`, and do not say whether the id has its prefix.
  gemini: {
    events: ends('succeeded', 'completed', 'failed', 'expired', 'cancelled'),
    listIds: (id) => [id, id.startsWith('batches/') ? id.slice('batches/'.length) : `batches/${id}`],
  },
};

export type HookVendorName = keyof typeof hookVendors;
