// What commands print: a table for a person, JSON lines for a program.

import { styleText } from 'node:util';
import Table from 'cli-table3';

type Cell = string | number | null;
export type Row = Readonly<Record<string, Cell>>;

const isTerminal = (): boolean => process.stdout.isTTY === true;

/** A program gets each thing whole; a person gets of it what `facts` picks. */
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

/** What comes piece by piece: a table needs all of it before its first line. */
export async function collected<Thing>(things: AsyncIterable<Thing>): Promise<readonly Thing[]> {
  const all: Thing[] = [];
  for await (const thing of things) all.push(thing);
  return all;
}

/** One thing: its facts below each other for a person, one line of JSON for a program. */
export function printValue(value: object, facts: Row, forPeople = isTerminal()): void {
  console.log(forPeople ? factsText(facts) : JSON.stringify(value));
}

export const rowsText = (rows: readonly Row[]): string =>
  formatTable(Object.keys(rows[0] ?? {}).map(bold), rows.map(Object.values));

/** What is not known is left out. */
export const factsText = (facts: Row): string =>
  formatTable(
    null,
    Object.entries(facts)
      .filter(([, cell]) => cell !== null)
      .map(([name, cell]) => [bold(name), cell]),
  );

/** Where colours are not wanted (NO_COLOR, a pipe) it is plain: the stream is asked. */
const bold = (text: string): string => styleText('bold', text, { stream: process.stdout });

/** Without lines: it is copied and searched more often than it is looked at. */
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
