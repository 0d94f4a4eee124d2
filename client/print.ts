// What commands print: a table for a person, JSON lines for a program.

import type { JobStatus } from '../domain/status.ts';

type Cell = string | number | null;

export function printRows(
  rows: readonly Readonly<Record<string, Cell>>[],
  forPeople = process.stdout.isTTY === true,
): void {
  if (!forPeople) {
    for (const row of rows) console.log(JSON.stringify(row));
    return;
  }
  const [first] = rows;
  if (first === undefined) {
    console.log('none');
    return;
  }
  const names = Object.keys(first);
  const width = (name: string): number => Math.max(name.length, ...rows.map((row) => textOf(row[name]).length));
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) => text.padEnd(width(names[index] ?? '')))
      .join('  ')
      .trimEnd();
  console.log(line(names));
  for (const row of rows) console.log(line(names.map((name) => textOf(row[name]))));
}

export function printValue(value: object, forPeople = process.stdout.isTTY === true): void {
  console.log(forPeople ? JSON.stringify(value, null, 2) : JSON.stringify(value));
}

/** One line of progress, for standard error. */
export function progressLine({ phase, rows, items, batches, costUsd, alerts }: JobStatus): string {
  const cost = costUsd === null ? '' : `, $${costUsd.toFixed(4)}`;
  const alert = alerts.length === 0 ? '' : `, ${alerts.join('; ')}`;
  const of = rows.accepted + rows.carriedOver;
  return `${phase}: ${items.answered} of ${of} rows answered, ${items.failed} failed, batches ${batches.done} of ${batches.planned} done${cost}${alert}`;
}

const textOf = (cell: Cell | undefined): string => (cell === null || cell === undefined ? '-' : String(cell));
