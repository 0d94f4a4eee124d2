// Prints the output of commands: a table on a terminal, JSON lines in a pipe.

import { styleText } from 'node:util';
import Table from 'cli-table3';

type Cell = string | number | null;
export type Row = Readonly<Record<string, Cell>>;

const isTerminal = (): boolean => process.stdout.isTTY === true;

/** In a pipe each thing is printed whole; in a table only what `facts` picks from it. */
export function printRows<Thing extends object>(
  things: readonly Thing[],
  facts: (thing: Thing) => Row,
  forPeople = isTerminal(),
): void {
  if (!forPeople) {
    for (const thing of things) console.log(JSON.stringify(thing));
  } else {
    console.log(things.length === 0 ? 'none' : rowsText(things.map(facts)));
  }
}

/** Collects an async sequence, because a table needs all rows before it can print the first. */
export async function collected<Thing>(things: AsyncIterable<Thing>): Promise<readonly Thing[]> {
  const all: Thing[] = [];
  for await (const thing of things) all.push(thing);
  return all;
}

/** Prints one thing: its facts below each other on a terminal, one line of JSON in a pipe. */
export function printValue(value: object, facts: Row, forPeople = isTerminal()): void {
  console.log(forPeople ? factsText(facts) : JSON.stringify(value));
}

export const rowsText = (rows: readonly Row[]): string =>
  formatTable(Object.keys(rows[0] ?? {}).map(bold), rows.map(Object.values));

/** Leaves out facts that are null. */
export const factsText = (facts: Row): string =>
  formatTable(
    null,
    Object.entries(facts)
      .filter(([, cell]) => cell !== null)
      .map(([name, cell]) => [bold(name), cell]),
  );

/** Plain text if the stream takes no colours (NO_COLOR, a pipe). */
const bold = (text: string): string => styleText('bold', text, { stream: process.stdout });

/** Without lines, because people copy and search tables. */
function formatTable(head: readonly string[] | null, rows: readonly (readonly Cell[])[]): string {
  const table = new Table({
    ...(head === null ? {} : { head: [...head] }),
    chars: Object.fromEntries(lines.map((line) => [line, ''])),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  });
  table.push(...rows.map((row) => row.map(formatCell)));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

const lines = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
  ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
];

const formatCell = (cell: Cell): string => (cell === null ? '-' : String(cell));
