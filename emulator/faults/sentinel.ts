// Markers in a request's own text that decide its fate, so that a test can aim a fault at one row.
export interface Sentinel {
  fail: number | null;
  failOnce: number | null;
  failInBatch: number | null;
  slowMs: number;
  refuse: boolean;
  truncate: boolean;
  invalid: boolean;
  missing: boolean;
}

const marker = /\[\[(fail|fail-once|fail-in-batch|slow|refuse|truncate|invalid|missing)(?::(\d+))?\]\]/g;

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
    missing: found.has('missing'),
  };
}
