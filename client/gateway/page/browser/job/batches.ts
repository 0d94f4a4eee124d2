// The batches of a job, a page of them at a time.

import type { BatchPage } from '../../../../../workflows/messages.ts';
import { ask, messageOf, pathOf } from '../api.ts';
import { type Column, make, makeRow, makeTable, setText } from '../dom.ts';
import { count, time, words } from '../words.ts';

const pageRows = 50;
const soonMs = 1000;

const columns: readonly Column[] = [
  { title: 'Batch' },
  { title: 'State' },
  { title: 'Items', kind: 'number' },
  { title: 'Done', kind: 'number' },
  { title: 'Failed', kind: 'number' },
  { title: 'Since', kind: 'wide' },
  { title: 'At the provider', kind: 'wide' },
];

export class BatchTable {
  readonly #id: string;
  readonly #signal: AbortSignal;
  readonly #table = makeTable('', columns);
  readonly #note = make('p', { class: 'soft' });
  readonly #earlier = make('button', { type: 'button', click: () => this.#turn(-pageRows) }, 'Earlier');
  readonly #later = make('button', { type: 'button', click: () => this.#turn(pageRows) }, 'Later');
  #offset = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(id: string, signal: AbortSignal) {
    this.#id = id;
    this.#signal = signal;
    this.#table.hidden = true;
    this.#earlier.hidden = true;
    this.#later.hidden = true;
  }

  get elements(): HTMLElement[] {
    const heading = make('h2', { id: 'batches' }, 'Batches');
    return [
      make('section', { 'aria-labelledby': 'batches' }, heading, this.#note, this.#table, this.#earlier, this.#later),
    ];
  }

  /** However many events come. */
  lookSoon(): void {
    this.#timer ??= setTimeout(() => void this.look(), soonMs);
  }

  async look(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    try {
      const path = `${pathOf(this.#id)}/batches?offset=${this.#offset}&limit=${pageRows}`;
      this.#show(await ask<BatchPage>(path, { signal: this.#signal }));
    } catch (error) {
      if (!this.#signal.aborted) setText(this.#note, messageOf(error));
    }
  }

  #turn(by: number): void {
    this.#offset = Math.max(0, this.#offset + by);
    void this.look();
  }

  #show({ total, offset, batches, segments }: BatchPage): void {
    this.#table.hidden = batches.length === 0;
    this.#earlier.hidden = offset === 0;
    this.#later.hidden = offset + batches.length >= total;
    const range = `${count(offset + 1)} to ${count(offset + batches.length)} of ${count(total)}`;
    if (this.#table.caption !== null) setText(this.#table.caption, range);
    const further = segments.length === 0 ? '' : ` ${count(segments.length)} segments have further batches.`;
    setText(this.#note, `${total === 0 ? 'No batch was planned yet.' : ''}${further}`);
    const rows = batches.map(({ wave, batch, lane, stage, items, done, failed, since, batchId, trouble }) =>
      makeRow(columns, [
        `${wave}/${batch}${lane === 'realtime' ? ' realtime' : ''}`,
        words(trouble === null ? stage : `${stage}: ${trouble}`),
        count(items),
        count(done),
        count(failed),
        time(since),
        make('code', {}, batchId ?? '–'),
      ]),
    );
    this.#table.tBodies[0]?.replaceChildren(...rows);
  }
}
