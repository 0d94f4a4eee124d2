// How long items took from their call to the message about their flush, and whether each of them has one answer.

/** A message of a flush, when it came, and the ids of the items whose answers its results have. */
export interface AnsweredFlush {
  readonly atMs: number;
  readonly ids: readonly string[];
}

export interface AnswerTimes {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly mostMs: number;
}

/** `sent` has the time of each item's call. Throws if an item has no answer, or several, or if an answer is of no item. */
export function measureAnswers(sent: ReadonlyMap<string, number>, flushes: readonly AnsweredFlush[]): AnswerTimes {
  const times = new Map<string, number>();
  for (const { atMs, ids } of flushes) {
    for (const id of ids) {
      const sentAt = sent.get(id);
      if (sentAt === undefined) throw new Error(`${id} is answered, and was never sent`);
      if (times.has(id)) throw new Error(`${id} is answered twice`);
      times.set(id, atMs - sentAt);
    }
  }
  const missing = [...sent.keys()].filter((id) => !times.has(id));
  if (missing.length > 0) throw new Error(`${missing.length} items have no answer, e.g. ${missing[0]}`);
  const sorted = [...times.values()].sort((one, other) => one - other);
  const share = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  return { p50Ms: share(0.5), p99Ms: share(0.99), mostMs: share(1) };
}
