// Markers in a request's text that decide its outcome, so that a test can aim a fault at one row.
export interface Sentinel {
  fail: number | null;
  failOnce: number | null;
  failInBatch: number | null;
  slowMs: number;
  refuse: boolean;
  truncate: boolean;
  invalid: boolean;
  /** The fault of the item's line in the results of a batch. */
  line: 'missing' | 'dropped' | 'withoutId' | 'garbled' | null;
}

const marker =
  /\[\[(fail|fail-once|fail-in-batch|slow|refuse|truncate|invalid|missing|dropped|without-id|garbled)(?::(\d+))?\]\]/g;

export function readSentinel(text: string): Sentinel | null {
  const found = new Map([...text.matchAll(marker)].map(([, name, value]) => [name, Number(value ?? 500)]));
  if (found.size === 0) return null;
  return {
    fail: found.get('fail') ?? null,
    failOnce: found.get('fail-once') ?? null,
    failInBatch: found.get('fail-in-batch') ?? null,
    slowMs: found.get('slow') ?? 0,
    refuse: found.has('refuse'),
    truncate: found.has('truncate'),
    invalid: found.has('invalid'),
    line: readLineFault(found),
  };
}

function readLineFault(found: ReadonlyMap<string | undefined, number>): Sentinel['line'] {
  if (found.has('missing')) return 'missing';
  if (found.has('dropped')) return 'dropped';
  if (found.has('without-id')) return 'withoutId';
  return found.has('garbled') ? 'garbled' : null;
}
