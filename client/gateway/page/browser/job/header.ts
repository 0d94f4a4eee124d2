// The head of a job: its state, how far it is, what it costs, what holds it, and where to read more.

import type { JobStatus } from '../../../../../domain/progress/status.ts';
import type { JobOverview } from '../../../../overview/read-overview.ts';
import { linkOut, make, setText } from '../dom.ts';
import { type Tile, Tiles } from '../tiles.ts';
import { count, describeEnded, percent, time, usd, words } from '../words.ts';
import { listHolds } from './holds.ts';

/** A screen reader says every tenth, not of every row. */
const toldSteps = 10;

export class JobHeader {
  readonly #id: string;
  readonly #badge = make('span', { class: 'badge' }, '…');
  readonly #facts = make('ul', { class: 'facts' });
  readonly #bar = make('progress', { max: '1', 'aria-label': 'Rows that are done' });
  readonly #done = make('p', { class: 'soft' });
  readonly #told = make('p', { class: 'hidden', role: 'status' });
  readonly #tiles = new Tiles();
  readonly #holds = make('ul', { class: 'holds', 'aria-label': 'What holds the job', 'aria-live': 'polite' });
  #overview: JobOverview | null = null;
  #status: JobStatus | null = null;

  constructor(id: string) {
    this.#id = id;
    this.#bar.value = 0;
    this.#holds.hidden = true;
  }

  get elements(): HTMLElement[] {
    const head = make('div', { class: 'head' }, make('h1', {}, this.#id), this.#badge);
    return [head, this.#facts, this.#bar, this.#done, this.#told, this.#holds, this.#tiles.element];
  }

  showOverview(overview: JobOverview): void {
    this.#overview = overview;
    this.#showFacts(overview);
    this.#show(overview);
  }

  showStatus(status: JobStatus): void {
    this.#status = status;
    if (this.#overview !== null) this.#show(this.#overview);
  }

  #showFacts({ provider, model, startedAt, endedAt, webUi, results }: JobOverview): void {
    const key = JSON.stringify([provider, model, startedAt, endedAt, webUi, results]);
    // A link in it may have the focus.
    if (this.#facts.dataset.key === key) return;
    this.#facts.dataset.key = key;
    const href = `/report#${encodeURIComponent(this.#id)}`;
    const facts = [
      provider,
      model,
      `started ${time(startedAt)}`,
      endedAt === null ? null : `ended ${time(endedAt)}`,
      webUi === null ? null : linkOut('Temporal Web UI', webUi),
      // The new tab needs this tab's token.
      results === null ? null : make('a', { href, target: '_blank', rel: 'opener' }, 'Report'),
    ];
    this.#facts.replaceChildren(...facts.filter((fact) => fact !== null).map((fact) => make('li', {}, fact)));
  }

  #show(overview: JobOverview): void {
    const { state, verdict, phase } = overview;
    const isRunning = state === 'running';
    const word = isRunning ? (this.#status?.phase ?? phase ?? 'running') : describeEnded(state, verdict);
    setText(this.#badge, words(word));
    this.#badge.dataset.state = word;
    this.#showHolds(listHolds(overview, this.#status));
    if (!isRunning) this.#showEnd(overview, words(word));
    else if (this.#status !== null) this.#showProgress(this.#status);
  }

  #showProgress(status: JobStatus): void {
    const { progress, items, costUsd, budgetUsd } = status;
    this.#bar.value = progress;
    setText(this.#done, describeProgress(status));
    setText(this.#told, `${Math.floor(progress * toldSteps) * toldSteps} % are done`);
    this.#entitle(percent(progress));
    this.#tiles.show([
      { name: 'answered', figure: count(items.answered) },
      { name: 'failed', figure: count(items.failed) },
      { name: 'open', figure: count(items.underWay) },
      { name: 'not sent yet', figure: count(items.notStarted + items.toRetry) },
      describeCost(costUsd, budgetUsd),
      { name: 'estimated cost', figure: usd(status.estimateUsd) },
    ]);
  }

  /** A worker may be away: then the server knows the figures, or nobody. */
  #showEnd(overview: JobOverview, word: string): void {
    const { costUsd, budgetUsd = null, estimateUsd, items, rows } = overview;
    const answered = overview.answered ?? items?.answered ?? null;
    const failed = overview.failed ?? items?.failed ?? null;
    const all = rows?.accepted ?? (answered === null || failed === null ? null : answered + failed);
    this.#bar.value = ((answered ?? 0) + (failed ?? 0)) / (all || 1);
    setText(this.#done, describeAnswered(answered ?? 0, all ?? 0));
    setText(this.#told, `The job has ended: ${word}`);
    this.#entitle(word);
    const tiles: Tile[] = [];
    if (answered !== null) tiles.push({ name: 'answered', figure: count(answered) });
    if (failed !== null) tiles.push({ name: 'failed', figure: count(failed) });
    if (costUsd !== null || answered !== null) tiles.push(describeCost(costUsd, budgetUsd));
    if (estimateUsd != null) tiles.push({ name: 'estimated cost', figure: usd(estimateUsd) });
    this.#tiles.show(tiles);
  }

  #entitle(word: string): void {
    const title = `${word} ${this.#id} – Nightshift`;
    if (document.title !== title) document.title = title;
  }

  #showHolds(holds: readonly string[]): void {
    const key = JSON.stringify(holds);
    if (this.#holds.dataset.key === key) return;
    this.#holds.dataset.key = key;
    this.#holds.hidden = holds.length === 0;
    this.#holds.replaceChildren(...holds.map((hold) => make('li', {}, hold)));
  }
}

function describeCost(costUsd: number | null, budgetUsd: number | null): Tile {
  const figure = usd(costUsd);
  if (budgetUsd === null) return { name: 'cost, without a budget', figure };
  const spent = costUsd ?? 0;
  const tile: Tile = {
    name: `cost, of ${usd(budgetUsd)}`,
    figure,
    meter: { value: Math.min(spent, budgetUsd), max: budgetUsd || 1, name: 'Cost, of the budget' },
  };
  return spent > budgetUsd ? { ...tile, warning: `${usd(spent - budgetUsd)} over the budget` } : tile;
}

function describeAnswered(answered: number, all: number): string {
  return all === 0
    ? 'It ended before the rows were counted.'
    : `${count(answered)} of ${count(all)} rows have an answer`;
}

function describeProgress({ progress, items, rows, estimatedEndAt }: JobStatus): string {
  if (rows.accepted === 0) return 'The rows are not counted yet.';
  const done = `${percent(progress)}: ${count(items.answered + items.failed)} of ${count(rows.accepted)} rows are done`;
  return estimatedEndAt !== null ? `${done}, the end is at about ${time(estimatedEndAt)}` : done;
}
