// Results: the newest ones as they come, or the first ones of a job that has ended. Only so many are held, and each is cut, so that a job of a
// million rows does not fill the browser.

import { messageOf, pathOf, request } from '../api.ts';
import { make, makeSection, setText } from '../dom.ts';
import { bodyOf, type Column, fillRow, makeRow, makeTable } from '../table.ts';
import { count } from '../words.ts';
import { makeDownloads } from './downloads.ts';
import { readFirstLines } from './first-lines.ts';
import { describeResult, type ShownResult } from './shown-result.ts';

const rowsMax = 200;
const drawMs = 500;
const firstRows = 20;

const columns: readonly Column[] = [
  { title: 'Row', kind: 'n' },
  { title: 'Id', kind: 'wide' },
  { title: 'Answer', kind: 'answer' },
  { title: 'Cost', kind: 'n' },
];

export class ResultList {
  readonly #id: string;
  readonly #signal: AbortSignal;
  readonly #table = makeTable('', columns);
  readonly #note = make('p', { class: 'soft' }, 'None has come yet. They come with the batch that they are in.');
  readonly #hold = make('button', { type: 'button', 'aria-pressed': 'false', click: () => this.#turnHold() }, 'Hold');
  readonly #downloads = make('div', { class: 'bar', role: 'group', 'aria-label': 'Downloads' });
  #waiting: ShownResult[] = [];
  #isDrawing = false;
  #isHeld = false;
  #isEnded = false;
  #seen = 0;

  constructor(id: string, signal: AbortSignal) {
    this.#id = id;
    this.#signal = signal;
    this.#table.hidden = true;
    this.#hold.hidden = true;
  }

  get element(): HTMLElement {
    return makeSection('results', 'Results', this.#note, this.#downloads, this.#hold, this.#table);
  }

  add(line: string): void {
    if (this.#isEnded) return;
    this.#seen += 1;
    this.#waiting.push(describeResult(line));
    // Those that come before the next drawing would leave with it.
    if (this.#waiting.length > 2 * rowsMax) this.#waiting = this.#waiting.slice(-rowsMax);
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    // A page in the background draws no frames.
    setTimeout(() => this.#draw(), drawMs);
  }

  /** The same rows come again. */
  clear(): void {
    this.#seen = 0;
    this.#waiting = [];
    bodyOf(this.#table).replaceChildren();
  }

  /** The first rows take the place of the newest ones. */
  async showFirst(): Promise<void> {
    this.#isEnded = true;
    this.#hold.hidden = true;
    setText(this.#note, 'Reading the first results …');
    void makeDownloads(this.#id, this.#signal).then((buttons) => this.#downloads.replaceChildren(...buttons));
    try {
      const response = await request(`${pathOf(this.#id)}/files/results`, { signal: this.#signal });
      const { lines, isWhole } = await readFirstLines(response, firstRows);
      setText(this.#note, describeFirst(lines.length, isWhole));
      this.clear();
      bodyOf(this.#table).append(...lines.map(describeResult).map(drawResult));
      this.#table.hidden = lines.length === 0;
      if (this.#table.caption !== null) setText(this.#table.caption, '');
    } catch (error) {
      if (!this.#signal.aborted) setText(this.#note, messageOf(error));
    }
  }

  showNone(): void {
    this.#isEnded = true;
    setText(this.#note, 'The job ended without results.');
  }

  #turnHold(): void {
    this.#isHeld = !this.#isHeld;
    this.#hold.setAttribute('aria-pressed', String(this.#isHeld));
    this.#draw();
  }

  #draw(): void {
    this.#isDrawing = false;
    if (this.#isEnded) return;
    if (!this.#isHeld) this.#drawWaiting();
    this.#describe();
  }

  #drawWaiting(): void {
    const body = bodyOf(this.#table);
    const rows = this.#waiting.slice(-rowsMax).map(drawResult).toReversed();
    this.#waiting = [];
    if (rows.length === 0) return;
    body.prepend(...rows);
    while (body.rows.length > rowsMax) body.lastElementChild?.remove();
    this.#table.hidden = false;
    this.#hold.hidden = false;
  }

  #describe(): void {
    const held = this.#isHeld ? ' The list is held: newer ones are shown when you let it go.' : '';
    setText(this.#note, `${count(this.#seen)} came since the page was opened. The newest ones are first.${held}`);
  }
}

function describeFirst(shown: number, isWhole: boolean): string {
  if (shown > 0) return isWhole ? 'These are all results.' : `These are the first ${count(shown)} results.`;
  return isWhole ? 'There is no result: no row was accepted.' : 'The first result is too large to be shown.';
}

function drawResult({ cells, isFailed }: ShownResult): HTMLTableRowElement {
  const row = makeRow(columns);
  fillRow(row, cells);
  row.classList.toggle('failed', isFailed);
  return row;
}
