// The list of jobs, looked at again every few seconds.

import type { ListedJob } from '../../../job-list.ts';
import { ask, type Me, messageOf, pause } from './api.ts';
import { make, setText } from './dom.ts';
import { bodyOf, type Column, fillRow, makeRow, makeTable } from './table.ts';
import { count, describeEnded, percent, time, usd, words } from './words.ts';

const lookEveryMs = 4000;
const jobsMax = 200;

const columns: readonly Column[] = [
  { title: 'Job' },
  { title: 'State' },
  { title: 'Done', kind: 'n' },
  { title: 'Failed', kind: 'n wide' },
  { title: 'Cost', kind: 'n' },
  { title: 'Model', kind: 'wide line' },
  { title: 'Started', kind: 'wide line' },
];

export function showJobs({ scopes }: Me, signal: AbortSignal): HTMLElement[] {
  const filter = make('input', {
    id: 'filter',
    type: 'search',
    placeholder: 'id, state or model',
    autocomplete: 'off',
  });
  const active = make('input', { id: 'active', type: 'checkbox' });
  const table = makeTable('Running ones first', columns);
  table.hidden = true;
  const note = make('p', { class: 'soft', role: 'status' }, 'Looking for jobs …');
  const start = make('p', {}, make('a', { class: 'button', href: '#/start' }, 'Start a job'));
  start.hidden = true;
  const list = new JobList(bodyOf(table));
  const show = (): void => {
    const shown = list.filter(filter.value.trim().toLowerCase());
    table.hidden = shown === 0;
    start.hidden = list.size > 0 || active.checked || !scopes.includes('start');
    setText(note, describeCount(list.size, shown, active.checked));
  };
  const look = async (): Promise<void> => {
    try {
      const path = `/api/jobs?limit=${jobsMax}&active=${active.checked}`;
      const { jobs } = await ask<{ jobs: readonly ListedJob[] }>(path, { signal });
      list.update(jobs);
      show();
    } catch (error) {
      if (!signal.aborted) setText(note, `${messageOf(error)}. This page tries again.`);
    }
  };
  const keepLooking = async (): Promise<void> => {
    while (!signal.aborted) {
      if (!document.hidden) await look();
      await pause(lookEveryMs, signal);
    }
  };
  filter.addEventListener('input', show);
  active.addEventListener('change', () => void look());
  void keepLooking();
  const label = make('label', { for: 'filter' }, 'Filter');
  const check = make('label', { class: 'check' }, active, 'Only running jobs');
  return [
    make('h1', {}, 'Jobs'),
    make('div', { class: 'bar' }, label, filter, check),
    make('div', { class: 'card' }, table, note, start),
  ];
}

function describeCount(all: number, shown: number, isActive: boolean): string {
  if (all === 0) return isActive ? 'No job is running.' : 'There are no jobs yet.';
  if (shown === 0) return 'No job fits the filter.';
  return all === jobsMax ? `The first ${jobsMax} jobs are searched.` : '';
}

/** Changes rows in place, because one of them may have the focus. */
class JobList {
  readonly #body: HTMLTableSectionElement;
  #rows = new Map<string, { readonly row: HTMLTableRowElement; readonly job: ListedJob }>();

  constructor(body: HTMLTableSectionElement) {
    this.#body = body;
  }

  get size(): number {
    return this.#rows.size;
  }

  update(jobs: readonly ListedJob[]): void {
    const rows = new Map<string, { readonly row: HTMLTableRowElement; readonly job: ListedJob }>();
    // An id may be used again; the newest run comes first.
    for (const job of jobs) {
      if (rows.has(job.id)) continue;
      const row = this.#rows.get(job.id)?.row ?? makeJobRow(job.id);
      fillJobRow(row, job);
      rows.set(job.id, { row, job });
    }
    this.#order([...rows.values()].map(({ row }) => row));
    this.#rows = rows;
  }

  /** Only what is out of place is moved: a row that is taken out loses its focus. */
  #order(rows: readonly HTMLTableRowElement[]): void {
    const kept = new Set(rows);
    for (const row of [...this.#body.rows]) if (!kept.has(row)) row.remove();
    for (const [index, row] of rows.entries()) {
      const there = this.#body.rows[index] ?? null;
      if (there !== row) this.#body.insertBefore(row, there);
    }
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

function makeJobRow(id: string): HTMLTableRowElement {
  const row = makeRow(columns);
  row.cells[0]?.append(make('a', { href: `#/jobs/${encodeURIComponent(id)}` }, id));
  row.cells[1]?.append(make('span', { class: 'badge' }));
  return row;
}

const findState = ({ state, phase, verdict }: ListedJob): string =>
  state === 'running' ? (phase ?? state) : describeEnded(state, verdict);

const describeState = (job: ListedJob): string => words(findState(job));

function fillJobRow(row: HTMLTableRowElement, job: ListedJob): void {
  const { state, progress, answered, failed, costUsd, model, startedAt } = job;
  const ended = answered === null ? '–' : `${count(answered)} ${answered === 1 ? 'row' : 'rows'}`;
  const badge = row.cells[1]?.querySelector<HTMLElement>('.badge') ?? null;
  if (badge !== null) {
    setText(badge, describeState(job));
    badge.dataset.state = findState(job);
  }
  const texts = [
    state === 'running' ? percent(progress ?? 0) : ended,
    failed === null ? '–' : count(failed),
    usd(costUsd),
    model ?? '–',
    time(startedAt),
  ];
  fillRow(row, texts, 2);
}
