// One job, live: what the server knows of it, its status as it changes, its batches, its failures and its results.

import type { JobStatus } from '../../../../../domain/progress/status.ts';
import type { JobOverview } from '../../../../overview/read-overview.ts';
import { ask, followEvents, isCode, type Me, messageOf, pathOf, pause } from '../api.ts';
import { find, make, setText } from '../dom.ts';
import type { ServerEvent } from '../server-events.ts';
import { JobActions } from './actions.ts';
import { BatchTable } from './batches.ts';
import { FailureList } from './failures.ts';
import { JobHeader } from './header.ts';
import { ResultList } from './results.ts';

/** Between two looks at what no event tells: whether a worker answers, and whether calls fail. */
const lookEveryMs = 5000;
/** A job that has ended may be reset, or its id may be used again. */
const lookAgainMs = 30_000;

export function showJob(id: string, me: Me, signal: AbortSignal): HTMLElement[] {
  const view = new JobView(id, me, signal);
  void view.look();
  return view.elements;
}

class JobView {
  readonly #id: string;
  readonly #signal: AbortSignal;
  readonly #header: JobHeader;
  readonly #actions: JobActions;
  readonly #batches: BatchTable;
  readonly #failures: FailureList;
  readonly #results: ResultList;
  readonly #problem = make('p', { class: 'problem', role: 'alert' });
  readonly #box = make('div');
  readonly #left = new AbortController();
  #isFollowed = false;
  /** What is shown of a job that has ended. */
  #ended: JobOverview | null = null;

  constructor(id: string, { scopes }: Me, signal: AbortSignal) {
    this.#id = id;
    this.#signal = AbortSignal.any([signal, this.#left.signal]);
    this.#header = new JobHeader(id);
    const isAllowed = scopes.includes('change');
    this.#actions = new JobActions(id, { isAllowed, signal: this.#signal, onChange: () => void this.#lookOnce() });
    this.#batches = new BatchTable(id, this.#signal);
    this.#failures = new FailureList(id, this.#signal);
    this.#results = new ResultList(id, this.#signal);
    this.#box.append(
      ...this.#header.elements,
      ...this.#actions.elements,
      makeJumps(),
      this.#failures.element,
      this.#batches.element,
      this.#results.element,
    );
    this.#box.hidden = true;
  }

  get elements(): HTMLElement[] {
    return [this.#problem, this.#box];
  }

  async look(): Promise<void> {
    while (!this.#signal.aborted) {
      if (!document.hidden || this.#box.hidden) await this.#lookOnce();
      await pause(this.#ended === null ? lookEveryMs : lookAgainMs, this.#signal);
    }
  }

  async #lookOnce(): Promise<void> {
    try {
      const overview = await ask<JobOverview>(pathOf(this.#id), { signal: this.#signal });
      setText(this.#problem, '');
      this.#box.hidden = false;
      this.#show(overview);
    } catch (error) {
      if (this.#signal.aborted) return;
      if (isCode(error, 'not_found') && this.#box.hidden) return this.#showMissing();
      setText(this.#problem, `${messageOf(error)}. This page tries again.`);
    }
  }

  #show(overview: JobOverview): void {
    const { state, startedAt, results, items } = overview;
    // Everything that is shown is of another run.
    if (this.#ended !== null && (state === 'running' || startedAt !== this.#ended.startedAt)) {
      this.#left.abort();
      dispatchEvent(new Event('show-again'));
      return;
    }
    this.#header.showOverview(overview);
    this.#actions.show(overview);
    if (state === 'running') {
      if (!this.#isFollowed) void this.#follow();
      return;
    }
    if (this.#ended !== null) return;
    this.#ended = overview;
    void this.#batches.look();
    if (results !== null) {
      void this.#failures.readFiles();
      void this.#results.showFirst();
    } else {
      this.#failures.showStatus({ items: { ...noItems, ...items } });
      this.#results.showNone();
    }
  }

  async #follow(): Promise<void> {
    this.#isFollowed = true;
    this.#results.clear();
    void this.#batches.look();
    // A screen reader says each change of it: what is wrong is said once.
    const onCut = (): void => {
      if (this.#problem.textContent === '') setText(this.#problem, 'The events were cut off. This page tries again.');
    };
    try {
      for await (const event of followEvents(this.#id, { signal: this.#signal, onCut })) await this.#take(event);
    } catch (error) {
      if (!this.#signal.aborted) setText(this.#problem, messageOf(error));
    }
    // The next look follows it again, unless it has ended.
    this.#isFollowed = false;
  }

  /** Later versions have further events, which mean nothing here. */
  async #take({ event, data }: ServerEvent): Promise<void> {
    if (event === 'item') return this.#results.add(data);
    if (event === 'job') {
      const status: JobStatus = JSON.parse(data);
      this.#header.showStatus(status);
      this.#failures.showStatus(status);
    }
    if (event === 'job' || event === 'batch' || event === 'chunk') this.#batches.lookSoon();
    if (event === 'reset') {
      this.#results.clear();
      this.#batches.beginAgain();
    }
    if (event === 'end') await this.#lookOnce();
  }

  /** There is nothing to look at again. */
  #showMissing(): void {
    this.#left.abort();
    document.title = 'Not found – Nightshift';
    const text = 'Nobody started it with this id, or it ended so long ago that Temporal does not keep it any more.';
    const missing = make(
      'div',
      { class: 'card' },
      make('h1', {}, 'There is no job ', make('q', {}, this.#id)),
      make('p', {}, text),
      make('p', {}, make('a', { href: '#/' }, 'To the jobs')),
    );
    this.#box.parentElement?.replaceChildren(missing);
  }
}

const noItems: JobStatus['items'] = {
  answered: 0,
  underWay: 0,
  notStarted: 0,
  toRetry: 0,
  failed: 0,
  byReason: {},
};

/** Long tables are passed over. The address has the job in its place for anchors, so these are buttons. */
function makeJumps(): HTMLElement {
  const jump = (id: string, text: string): HTMLElement =>
    make('button', { type: 'button', class: 'plain', click: () => find(id).focus() }, text);
  const parts = [jump('failures', 'Failures'), jump('batches', 'Batches'), jump('results', 'Results')];
  return make('nav', { class: 'jumps', 'aria-label': 'Parts of the job' }, ...parts);
}
