// What failed, by reason: while the job runs, the numbers of its status; after its end, with rows and the provider's own words.

import type { JobStatus } from '../../../../../domain/progress/status.ts';
import { ask, messageOf, pathOf } from '../api.ts';
import { make, makeSection, setText } from '../dom.ts';
import { count, cut, words } from '../words.ts';

/** Of the answer of `/api/jobs/:id/failures`. */
interface FailureGroup {
  readonly reason: string;
  readonly count: number;
  readonly message: string;
  readonly rows: readonly { readonly row: number; readonly id: string | number; readonly detail: string | null }[];
}

const textMax = 600;
const idMax = 120;

export class FailureList {
  readonly #id: string;
  readonly #signal: AbortSignal;
  readonly #note = make('p', { class: 'soft' }, '…');
  readonly #list = make('ul', { class: 'plain' });

  constructor(id: string, signal: AbortSignal) {
    this.#id = id;
    this.#signal = signal;
    this.#list.hidden = true;
  }

  get element(): HTMLElement {
    return makeSection('failures', 'Failures', this.#note, this.#list);
  }

  showStatus({ items }: Pick<JobStatus, 'items'>): void {
    const reasons = Object.entries(items.byReason).toSorted(([, a], [, b]) => (b ?? 0) - (a ?? 0));
    const lines = reasons.map(([reason, number]) => describeReason(reason, number ?? 0));
    if (this.#list.dataset.key === lines.join()) return;
    this.#list.dataset.key = lines.join();
    const note = 'A row that failed may still be sent again. Rows are shown when the job has ended.';
    this.#show(
      lines.length === 0 ? 'No row has failed.' : note,
      lines.map((line) => make('li', {}, make('b', {}, line))),
    );
  }

  async readFiles(): Promise<void> {
    try {
      const path = `${pathOf(this.#id)}/failures`;
      const { failures } = await ask<{ failures: readonly FailureGroup[] }>(path, { signal: this.#signal });
      this.#show(failures.length === 0 ? 'No row has failed.' : '', failures.map(makeGroup));
    } catch (error) {
      if (!this.#signal.aborted) this.#show(messageOf(error), []);
    }
  }

  #show(note: string, entries: readonly HTMLElement[]): void {
    setText(this.#note, note);
    this.#list.hidden = entries.length === 0;
    this.#list.replaceChildren(...entries);
  }
}

const describeReason = (reason: string, number: number): string => `${words(reason)}: ${count(number)}`;

function makeGroup({ reason, count: number, message, rows }: FailureGroup): HTMLElement {
  const examples = rows.map(({ row, id, detail }) => {
    const said = detail === null ? '' : `: ${cut(detail, textMax)}`;
    return make('li', {}, `row ${count(row)} (${cut(String(id), idMax)})${said}`);
  });
  const list = make('ul', { class: 'plain soft' }, ...examples);
  return make('li', {}, make('b', {}, describeReason(reason, number)), ` ${cut(message, textMax)}`, list);
}
