// The list of jobs, looked at again every few seconds.

import type { ListedJob } from '../../../job-list.ts';
import { ask, type Me, messageOf } from './api.ts';
import { type Column, make, makeRow, makeTable, setText } from './dom.ts';
import { count, describeEnded, percent, time, usd, words } from './words.ts';

const lookEveryMs = 4000;
const jobsMax = 200;

const columns: readonly Column[] = [
  { title: 'Job' },
  { title: 'State' },
  { title: 'Progress', kind: 'number' },
  { title: 'Failed', kind: 'number' },
  { title: 'Cost', kind: 'number' },
  { title: 'Model', kind: 'wide' },
  { title: 'Started', kind: 'wide' },
];

export function showJobs(_: Me, signal: AbortSignal): HTMLElement[] {
  const filter = make('input', {
    id: 'filter',
    type: 'search',
    placeholder: 'id, state or model',
    autocomplete: 'off',
  });
  const active = make('input', { id: 'active', type: 'checkbox' });
  const table = makeTable('Jobs, running ones first', columns);
  const problem = make('p', { class: 'soft', role: 'status' });
  const list = new JobList(table.tBodies[0] as HTMLTableSectionElement);
  const show = (): void => {
    const shown = list.filter(filter.value.trim().toLowerCase());
    table.hidden = shown === 0;
    setText(problem, describeCount(list.size, shown));
  };
  const look = async (): Promise<void> => {
    try {
      const { jobs } = await ask<{ jobs: readonly ListedJob[] }>(
        `/api/jobs?limit=${jobsMax}&active=${active.checked}`,
        { signal },
      );
      list.update(jobs);
      show();
    } catch (error) {
      if (!signal.aborted) setText(problem, messageOf(error));
    }
  };
  const keepLooking = async (): Promise<void> => {
    while (!signal.aborted) {
      if (!document.hidden) await look();
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  };
  filter.addEventListener('input', show);
  active.addEventListener('change', () => void look());
  void keepLooking();
  return [
    make('h1', {}, 'Jobs'),
    make(
      'div',
      { class: 'bar' },
      make('label', { for: 'filter' }, 'Filter'),
      filter,
      make('label', { class: 'check' }, active, 'Only running jobs'),
    ),
    make('section', {}, table, problem),
  ];
}

function describeCount(all: number, shown: number): string {
  if (all === 0) return 'There are no jobs yet.';
  if (shown === 0) return 'No job fits the filter.';
  return all === jobsMax ? `The first ${jobsMax} jobs are searched.` : '';
}

/** Changes rows in place, because one of them may have the focus. */
class JobList {
  readonly #body: HTMLTableSectionElement;
  #rows = new Map<string, { readonly row: HTMLTableRowElement; job: ListedJob }>();

  constructor(body: HTMLTableSectionElement) {
    this.#body = body;
  }

  get size(): number {
    return this.#rows.size;
  }

  update(jobs: readonly ListedJob[]): void {
    const rows = new Map<string, { readonly row: HTMLTableRowElement; job: ListedJob }>();
    // An id may be used again; the newest run comes first.
    for (const job of jobs) {
      if (rows.has(job.id)) continue;
      const row = this.#rows.get(job.id)?.row ?? makeJobRow(job.id);
      fillRow(row, job);
      rows.set(job.id, { row, job });
    }
    const order = [...rows.values()].map(({ row }) => row);
    const isSame = order.length === this.#rows.size && order.every((row, index) => this.#body.rows[index] === row);
    if (!isSame) this.#body.replaceChildren(...order);
    this.#rows = rows;
  }

  /** How many are shown. */
  filter(text: string): number {
    let shown = 0;
    for (const { row, job } of this.#rows.values()) {
      row.hidden = ![job.id, describeState(job), job.model ?? ''].some((each) => each.toLowerCase().includes(text));
      if (!row.hidden) shown += 1;
    }
    return shown;
  }
}

const makeJobRow = (id: string): HTMLTableRowElement =>
  makeRow(columns, [make('a', { href: `#/jobs/${encodeURIComponent(id)}` }, id)]);

const describeState = ({ state, phase, verdict }: ListedJob): string =>
  words(state === 'running' ? (phase ?? state) : describeEnded(state, verdict));

function fillRow(row: HTMLTableRowElement, job: ListedJob): void {
  const { state, progress, answered, failed, costUsd, model, startedAt } = job;
  const done = state === 'running' ? percent(progress ?? 0) : answered === null ? '–' : `${count(answered)} rows`;
  const texts = [
    describeState(job),
    done,
    failed === null ? '–' : count(failed),
    usd(costUsd),
    model ?? '–',
    time(startedAt),
  ];
  for (const [index, text] of texts.entries()) {
    const cell = row.cells[index + 1];
    if (cell !== undefined) setText(cell, text);
  }
  row.dataset.state = state;
}
