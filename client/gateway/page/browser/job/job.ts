// One job, live: what the server knows of it, its status as it changes, its batches, its failures and its results.

import type { JobStatus } from '../../../../../domain/progress/status.ts';
import type { JobOverview } from '../../../../overview/read-overview.ts';
import { ask, followEvents, type Me, messageOf, pathOf } from '../api.ts';
import { make, setText } from '../dom.ts';
import type { ServerEvent } from '../server-events.ts';
import { JobActions } from './actions.ts';
import { BatchTable } from './batches.ts';
import { FailureList } from './failures.ts';
import { JobHeader } from './header.ts';
import { ResultList } from './results.ts';

/** Between two looks at what no event tells: whether a worker answers, and whether calls fail. */
const lookEveryMs = 5000;
/** So long without an event, and what came before this page was opened has been told. */
const quietMs = 400;

export function showJob(id: string, me: Me, signal: AbortSignal): HTMLElement[] {
  const view = new JobView(id, me, signal);
  void view.look();
  void view.follow();
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

  constructor(id: string, { scopes }: Me, signal: AbortSignal) {
    this.#id = id;
    this.#signal = signal;
    this.#header = new JobHeader(id);
    this.#actions = new JobActions(id, scopes.includes('change'), () => void this.#lookOnce());
    this.#batches = new BatchTable(id, signal);
    this.#failures = new FailureList(id, signal);
    this.#results = new ResultList();
  }

  get elements(): HTMLElement[] {
    const parts = [this.#header, this.#actions, this.#batches, this.#failures, this.#results];
    const [header = [], ...others] = parts.map(({ elements }) => elements);
    return [...header, this.#problem, ...others.flat()];
  }

  /** Until the job has ended. */
  async look(): Promise<void> {
    while (!this.#signal.aborted && !(await this.#lookOnce())) {
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  }

  async #lookOnce(): Promise<boolean> {
    try {
      const overview = await ask<JobOverview>(pathOf(this.#id), { signal: this.#signal });
      this.#header.showOverview(overview);
      this.#actions.show(overview);
      if (overview.state === 'running') return false;
      void this.#batches.look();
      void this.#failures.readFiles(overview.results !== null);
      return true;
    } catch (error) {
      if (!this.#signal.aborted) setText(this.#problem, messageOf(error));
      return false;
    }
  }

  #showStatus(status: JobStatus): void {
    this.#header.showStatus(status);
    this.#failures.showStatus(status);
  }

  /** First only what the batches are, because the results of a large job would take long; then results too, from the last batch on. */
  async follow(): Promise<void> {
    try {
      const after = await this.#catchUp();
      const options = { after, withItems: true, signal: this.#signal, onCut: () => undefined };
      for await (const event of followEvents(this.#id, options)) await this.#take(event);
    } catch (error) {
      if (!this.#signal.aborted) setText(this.#problem, messageOf(error));
    }
  }

  /** The id of the last batch or chunk that was collected before this page was opened; empty if none was. */
  async #catchUp(): Promise<string> {
    const caughtUp = new AbortController();
    const signal = AbortSignal.any([this.#signal, caughtUp.signal]);
    let last = '';
    let timer: ReturnType<typeof setTimeout> | undefined;
    const options = { after: '', withItems: false, signal, onCut: () => undefined };
    for await (const event of followEvents(this.#id, options)) {
      clearTimeout(timer);
      timer = setTimeout(() => caughtUp.abort(), quietMs);
      if ((event.event === 'batch' || event.event === 'chunk') && event.id !== null) last = event.id;
      // The end is told again after the results.
      if (event.event === 'job') await this.#take(event);
    }
    clearTimeout(timer);
    return last;
  }

  async #take({ event, data }: ServerEvent): Promise<void> {
    if (event === 'item') return this.#results.add(JSON.parse(data));
    if (event === 'job') this.#showStatus(JSON.parse(data));
    if (event === 'job' || event === 'batch' || event === 'chunk') this.#batches.lookSoon();
    if (event === 'reset') this.#results.clear();
    if (event === 'end') await this.#lookOnce();
  }
}
