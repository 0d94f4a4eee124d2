// The batches of a job, a page of them at a time: a job may have thousands.

import type { BatchPage } from '../../../../../workflows/messages.ts';
import { ask, messageOf, pathOf } from '../api.ts';
import { keepFocus, make, makeSection, setText } from '../dom.ts';
import { type Column, fillTable, makeTable } from '../table.ts';
import { count, time, usd, words } from '../words.ts';

const pageRows = 20;
const soonMs = 1000;

const columns: readonly Column[] = [
  { title: 'Batch' },
  { title: 'State' },
  { title: 'Items', kind: 'n' },
  { title: 'Done', kind: 'n' },
  { title: 'Failed', kind: 'n' },
  { title: 'Cost', kind: 'n wide' },
  { title: 'Since', kind: 'wide line' },
  { title: 'At the provider', kind: 'wide code' },
];

/** Of a job that has ended, each batch has a cost, and may have no time. */
type ShownBatch = Omit<BatchPage['batches'][number], 'since' | 'trouble'> & {
  readonly since: number | null;
  readonly trouble?: string | null;
  readonly costUsd?: number | null;
};
type ShownPage = Omit<BatchPage, 'batches'> & { readonly batches: readonly ShownBatch[] };

export class BatchTable {
  readonly #id: string;
  readonly #signal: AbortSignal;
  readonly #table = makeTable('', columns);
  readonly #note = make('p', { class: 'soft' }, '…');
  readonly #turns = {
    first: this.#makeTurn('First', () => 0),
    earlier: this.#makeTurn('Previous', (offset) => offset - pageRows),
    later: this.#makeTurn('Next', (offset) => offset + pageRows),
    last: this.#makeTurn('Last', (_, total) => Math.floor((total - 1) / pageRows) * pageRows),
  };
  readonly #bar = make(
    'div',
    { class: 'bar', role: 'group', 'aria-label': 'Pages of batches' },
    ...Object.values(this.#turns),
  );
  #offset = 0;
  #total = 0;
  #asked = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(id: string, signal: AbortSignal) {
    this.#id = id;
    this.#signal = signal;
    this.#table.hidden = true;
    this.#bar.hidden = true;
  }

  get element(): HTMLElement {
    return makeSection('batches', 'Batches', this.#note, this.#table, this.#bar);
  }

  /** However many events come. Nobody sees a page in the background. */
  lookSoon(): void {
    if (!document.hidden) this.#timer ??= setTimeout(() => void this.look(), soonMs);
  }

  /** The job was reset, and may have other batches. */
  beginAgain(): void {
    this.#offset = 0;
    this.lookSoon();
  }

  async look(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#asked += 1;
    const number = this.#asked;
    try {
      const path = `${pathOf(this.#id)}/batches?offset=${this.#offset}&limit=${pageRows}`;
      const page = await ask<ShownPage>(path, { signal: this.#signal });
      // Of two answers, an older one may come later.
      if (number === this.#asked) this.#show(page);
    } catch (error) {
      if (!this.#signal.aborted) setText(this.#note, messageOf(error));
    }
  }

  #makeTurn(text: string, find: (offset: number, total: number) => number): HTMLButtonElement {
    const click = (): void => {
      this.#offset = Math.max(0, find(this.#offset, this.#total));
      void this.look();
    };
    return make('button', { type: 'button', click }, text);
  }

  #show({ total, offset, batches }: ShownPage): void {
    // There are fewer than before.
    if (batches.length === 0 && offset > 0) {
      this.beginAgain();
      return;
    }
    this.#total = total;
    this.#table.hidden = batches.length === 0;
    const range = `${count(offset + 1)} to ${count(offset + batches.length)} of ${count(total)}`;
    if (this.#table.caption !== null) setText(this.#table.caption, range);
    setText(this.#note, total === 0 ? 'There are no batches.' : '');
    fillTable(this.#table, columns, batches.map(describeBatch));
    keepFocus(this.#bar, () => {
      const isFirst = offset === 0;
      const isLast = offset + batches.length >= total;
      this.#bar.hidden = isFirst && isLast;
      for (const name of ['first', 'earlier'] as const) this.#turns[name].hidden = isFirst;
      for (const name of ['later', 'last'] as const) this.#turns[name].hidden = isLast;
    });
  }
}

function describeBatch(entry: ShownBatch): readonly string[] {
  const { wave, batch, lane, stage, items, done, failed, costUsd, since, batchId, trouble = null } = entry;
  return [
    `${wave}/${batch}${lane === 'realtime' ? ' realtime' : ''}`,
    words(trouble === null ? stage : `${stage}: ${trouble}`),
    count(items),
    count(done),
    count(failed),
    usd(costUsd),
    since === null ? '–' : time(since),
    batchId ?? '–',
  ];
}
