// What failed, by reason: while the job runs, the numbers of its status; after its end, with rows and the provider's own words.

import type { JobStatus } from '../../../../../domain/progress/status.ts';
import { ask, messageOf, pathOf } from '../api.ts';
import { make } from '../dom.ts';
import { count, words } from '../words.ts';

/** Of the answer of `/api/jobs/:id/failures`. */
interface FailureGroup {
  readonly reason: string;
  readonly count: number;
  readonly message: string;
  readonly rows: readonly { readonly row: number; readonly id: string | number; readonly detail: string | null }[];
}

export class FailureList {
  readonly #id: string;
  readonly #signal: AbortSignal;
  readonly #list = make('ul', { class: 'plain' });
  readonly #section: HTMLElement;
  #isFinal = false;

  constructor(id: string, signal: AbortSignal) {
    this.#id = id;
    this.#signal = signal;
    const heading = make('h2', { id: 'failures' }, 'Failures');
    this.#section = make('section', { 'aria-labelledby': 'failures' }, heading, this.#list);
    this.#section.hidden = true;
  }

  get elements(): HTMLElement[] {
    return [this.#section];
  }

  showStatus({ items }: JobStatus): void {
    if (this.#isFinal) return;
    const reasons = Object.entries(items.byReason).toSorted(([, a], [, b]) => (b ?? 0) - (a ?? 0));
    this.#show(reasons.map(([reason, number]) => make('li', {}, makeReason(reason, number ?? 0))));
  }

  async readFiles(isThere: boolean): Promise<void> {
    if (!isThere || this.#isFinal) return;
    this.#isFinal = true;
    try {
      const path = `${pathOf(this.#id)}/failures`;
      const { failures } = await ask<{ failures: readonly FailureGroup[] }>(path, { signal: this.#signal });
      this.#show(failures.map(makeGroup));
    } catch (error) {
      if (!this.#signal.aborted) this.#show([make('li', {}, messageOf(error))]);
    }
  }

  #show(entries: readonly HTMLElement[]): void {
    this.#section.hidden = entries.length === 0;
    this.#list.replaceChildren(...entries);
  }
}

const makeReason = (reason: string, number: number): HTMLElement => make('b', {}, `${words(reason)}: ${count(number)}`);

function makeGroup({ reason, count: number, message, rows }: FailureGroup): HTMLElement {
  const examples = rows.map(({ row, id, detail }) =>
    make('li', {}, `row ${row} (${id})${detail === null ? '' : `: ${detail}`}`),
  );
  return make('li', {}, makeReason(reason, number), ` ${message}`, make('ul', { class: 'plain soft' }, ...examples));
}
