// Tables of texts. Rows are changed in place, so that a selection, the focus and the place of a reader stay.

import { make, setText } from './dom.ts';

/** A column of numbers is aligned to the right, `wide` is left out on a telephone, `line` is in one line, and `code` is an id. */
export interface Column {
  readonly title: string;
  readonly kind?: 'n' | 'wide' | 'n wide' | 'wide line' | 'wide code' | 'answer';
}

export function makeTable(caption: string, columns: readonly Column[]): HTMLTableElement {
  const heads = columns.map(({ title, kind = null }) => make('th', { scope: 'col', class: kind }, title));
  return make('table', {}, make('caption', {}, caption), make('thead', {}, make('tr', {}, ...heads)), make('tbody'));
}

export const bodyOf = (table: HTMLTableElement): HTMLTableSectionElement => table.tBodies[0] ?? table.createTBody();

export const makeRow = (columns: readonly Column[]): HTMLTableRowElement =>
  make('tr', {}, ...columns.map(({ kind = null }) => make('td', { class: kind })));

/** From the cell `first` on. */
export function fillRow(row: HTMLTableRowElement, texts: readonly string[], first = 0): void {
  for (const [index, text] of texts.entries()) {
    const cell = row.cells[index + first];
    if (cell !== undefined) setText(cell, text);
  }
}

export function fillTable(
  table: HTMLTableElement,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): void {
  const body = bodyOf(table);
  while (body.rows.length > rows.length) body.deleteRow(-1);
  while (body.rows.length < rows.length) body.append(makeRow(columns));
  for (const [index, texts] of rows.entries()) {
    const row = body.rows[index];
    if (row !== undefined) fillRow(row, texts);
  }
}
