// What failed in a job, grouped by reason: how many rows, a few of them, and what the provider wrote about these.

import { readLines } from './results.ts';
import type { Surroundings } from './surroundings.ts';

export interface FailedRow {
  readonly row: number;
  readonly id: string | number;
  /** The provider's own message; null if it wrote none. */
  readonly detail: string | null;
}

export interface FailureGroup {
  readonly reason: string;
  readonly count: number;
  readonly message: string;
  /** The first few. */
  readonly rows: readonly FailedRow[];
}

const rowsPerGroup = 3;

/** Reads the given files of a job, `failures.jsonl` and `in-doubt.jsonl`. The largest group comes first. */
export async function groupFailures(
  files: readonly string[],
  at: Pick<Surroundings, 'dataRoot' | 's3PathStyle'>,
): Promise<readonly FailureGroup[]> {
  const groups = new Map<string, FailureGroup>();
  for (const file of files) {
    for await (const line of readLines(file, at)) addLine(groups, line);
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}

interface FailureLine {
  readonly row: number;
  /** Absent in files of earlier versions. */
  readonly id?: string | number;
  readonly reason: string;
  readonly message: string;
  readonly detail?: string;
}

function addLine(groups: Map<string, FailureGroup>, line: string): void {
  const { nightshift }: { readonly nightshift: FailureLine } = JSON.parse(line);
  const { reason, message, row, id = row, detail = null } = nightshift;
  const { count, rows } = groups.get(reason) ?? { count: 0, rows: [] };
  const shown = rows.length < rowsPerGroup ? [...rows, { row, id, detail }] : rows;
  groups.set(reason, { reason, count: count + 1, message, rows: shown });
}
