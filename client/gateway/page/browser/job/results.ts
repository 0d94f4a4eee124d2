// The newest results as they come. Older ones leave the page, so that a job of a million rows does not fill the browser.

import type { ResultLine } from '../../../../../domain/outcome/merge.ts';
import { type Column, make, makeRow, makeTable, setText } from '../dom.ts';
import { count, usd, words } from '../words.ts';

const rowsMax = 200;
/** Of an answer's text: the results have the whole of it. */
const textMax = 600;

const columns: readonly Column[] = [
  { title: 'Row', kind: 'number' },
  { title: 'Id', kind: 'wide' },
  { title: 'Answer' },
  { title: 'Cost', kind: 'number' },
];

export class ResultList {
  readonly #table = makeTable('', columns);
  readonly #note = make('p', { class: 'soft' }, 'None has come yet.');
  #waiting: ResultLine[] = [];
  #isDrawing = false;
  #seen = 0;

  constructor() {
    this.#table.hidden = true;
  }

  get elements(): HTMLElement[] {
    const heading = make('h2', { id: 'results' }, 'Results');
    return [make('section', { 'aria-labelledby': 'results' }, heading, this.#note, this.#table)];
  }

  add(result: ResultLine): void {
    this.#seen += 1;
    this.#waiting.push(result);
    // Those that come before the next drawing would leave with it.
    if (this.#waiting.length > 2 * rowsMax) this.#waiting = this.#waiting.slice(-rowsMax);
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    // A page in the background draws no frames.
    setTimeout(() => this.#draw(), 100);
  }

  /** The same rows come again. */
  clear(): void {
    this.#seen = 0;
    this.#waiting = [];
    this.#table.tBodies[0]?.replaceChildren();
  }

  #draw(): void {
    this.#isDrawing = false;
    const body = this.#table.tBodies[0];
    const rows = this.#waiting.slice(-rowsMax).map(drawResult).toReversed();
    this.#waiting = [];
    if (body === undefined || rows.length === 0) return;
    body.prepend(...rows);
    while (body.rows.length > rowsMax) body.lastElementChild?.remove();
    this.#table.hidden = false;
    setText(this.#note, `${count(this.#seen)} came since the page was opened. The newest ones are first.`);
  }
}

function drawResult({ row, id, status, output, reason, message, costUsd }: ResultLine): HTMLTableRowElement {
  const isFailed = status === 'failed';
  const text = isFailed ? `${words(reason ?? 'failed')}: ${message ?? ''}` : formatOutput(output);
  const shown = text.length > textMax ? `${text.slice(0, textMax)} …` : text;
  const answer = make('span', { class: isFailed ? 'answer failed' : 'answer' }, shown);
  return makeRow(columns, [count(row), String(id), answer, usd(costUsd)]);
}

const formatOutput = (output: ResultLine['output']): string =>
  typeof output === 'string' ? output : JSON.stringify(output);
