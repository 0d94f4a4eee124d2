// Tables without lines, because people copy and search them. They fit the width of the terminal: a list leaves out its last columns, and facts
// are broken between words. Control characters in a cell are made visible here, so that no text from outside reaches a terminal as it is.

import { styleText } from 'node:util';
import Table from 'cli-table3';
import { textWidth } from './text-width.ts';
import { showControls } from './visible.ts';

/** A list has one line for each of its texts. */
export type Cell = string | number | null | readonly string[];
export type Row = Readonly<Record<string, Cell>>;

export interface RowsText {
  readonly text: string;
  /** Columns that had no room. */
  readonly omitted: readonly string[];
}

const gap = 2;

/**
 * Columns are in the order of their importance. The first one stays: where it would take more than half of the width, it is on a line of its own,
 * so that one long id does not push out the other columns of all rows. A column that is empty in every row is not shown.
 */
export function rowsText(rows: readonly Row[], width: number): RowsText {
  const names = Object.keys(rows[0] ?? {}).filter((name) => rows.some((row) => row[name] != null));
  const cells = rows.map((row) => names.map((name) => formatCell(row[name] ?? null)));
  const isLong = ([first = '']: readonly string[]): boolean => names.length > 1 && cellWidth(first) > width / 2;
  const widths = names.map((name, column) =>
    cells.reduce(
      (most, row) => Math.max(most, column === 0 && isLong(row) ? 0 : cellWidth(row[column] ?? '')),
      textWidth(name),
    ),
  );
  let shown = names.length;
  while (shown > 1 && sumWidths(widths.slice(0, shown)) > width) shown -= 1;
  const body = cells.map((row) => (isLong(row) ? ['', ...row.slice(1, shown)] : row.slice(0, shown)));
  const [head = '', ...lines] = formatTable(names.slice(0, shown).map(bold), body).split('\n');
  const text = cells.flatMap((row, at) => [
    ...(isLong(row) ? [row[0] ?? ''] : []),
    ...lines.splice(0, Math.max(...(body[at] ?? []).map((cell) => cell.split('\n').length))),
  ]);
  return { text: [head, ...text].join('\n'), omitted: names.slice(shown) };
}

const cellWidth = (cell: string): number => Math.max(...cell.split('\n').map(textWidth));

/** Leaves out facts that are null. */
export function factsText(facts: Row, width: number): string {
  const known = Object.entries(facts).flatMap(([name, cell]): Fact[] =>
    cell === null ? [] : [{ name: showControls(name), lines: toLines(cell) }],
  );
  const nameWidth = Math.max(0, ...known.map(({ name }) => textWidth(name))) + gap;
  return known.map(({ name, lines }) => hangingText(name, bold(name), nameWidth, lines, width)).join('\n');
}

interface Fact {
  readonly name: string;
  readonly lines: readonly string[];
}

/** Less room for the text is not used. */
const roomMin = 16;

/**
 * A name and, to the right of it, the text that belongs to it. If the text does not fit there, it is below the name and may take the whole
 * width. `styled` is the name as it is shown.
 */
export function hangingText(
  name: string,
  styled: string,
  nameWidth: number,
  lines: readonly string[],
  width: number,
): string {
  const shown = lines.map(showControls);
  const room = width - nameWidth;
  const wrapped = shown.flatMap((line) => wrapLine(line, room));
  const fits = wrapped.every((line) => textWidth(line) <= room) && (room >= roomMin || wrapped.length === 1);
  if (!fits) return [styled, ...shown.flatMap((line) => wrapLine(line, width))].join('\n');
  return `${styled}${' '.repeat(Math.max(0, nameWidth - textWidth(name)))}${wrapped.join(`\n${' '.repeat(nameWidth)}`)}`.trimEnd();
}

/** Breaks between words. A word that is too long, such as a path or an address, stays whole, because people copy it. */
export function wrapLine(line: string, width: number): readonly string[] {
  const [first = '', ...words] = line.split(' ');
  const lines = [first];
  for (const word of words) {
    const last = lines.at(-1) ?? '';
    if (textWidth(last) + 1 + textWidth(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The last column has no gap after it. */
const sumWidths = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width + gap, -gap);

/** Plain text if the stream takes no colours (NO_COLOR, a pipe). */
const bold = (text: string): string => styleText('bold', text, { stream: process.stdout });

function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    chars: Object.fromEntries(lines.map((line) => [line, ''])),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': gap },
  });
  table.push(...rows.map((row) => [...row]));
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

const formatCell = (cell: Cell): string => (cell === null ? '-' : toLines(cell).map(showControls).join('\n'));

const toLines = (cell: string | number | readonly string[]): readonly string[] =>
  typeof cell === 'object' ? cell : [String(cell)];
