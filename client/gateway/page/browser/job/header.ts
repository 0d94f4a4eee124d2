// The head of a job: its state, how far it is, what it costs, what holds it, and where to read more.

import type { JobStatus } from '../../../../../domain/progress/status.ts';
import type { JobOverview } from '../../../../overview/read-overview.ts';
import { linkOut, make, setText } from '../dom.ts';
import { count, describeEnded, explainPause, percent, time, usd, words } from '../words.ts';

/** A screen reader says every tenth, not of every row. */
const toldSteps = 10;

export class JobHeader {
  readonly #id: string;
  readonly #badge = make('span', { class: 'badge' }, '…');
  readonly #facts = make('ul', { class: 'facts' });
  readonly #bar = make('progress', { max: '1', 'aria-label': 'Rows that are done' });
  readonly #done = make('p', { class: 'soft' });
  readonly #told = make('p', { class: 'hidden', role: 'status' });
  readonly #tiles = make('dl', { class: 'tiles' });
  readonly #holds = make('ul', { class: 'holds', 'aria-live': 'polite' });
  #overview: JobOverview | null = null;
  #status: JobStatus | null = null;

  constructor(id: string) {
    this.#id = id;
    this.#bar.value = 0;
  }

  get elements(): HTMLElement[] {
    const head = make('div', { class: 'head' }, make('h1', {}, this.#id), this.#badge);
    return [head, this.#facts, this.#bar, this.#done, this.#told, this.#holds, this.#tiles];
  }

  showOverview(overview: JobOverview): void {
    this.#overview = overview;
    const { provider, model, startedAt, endedAt, webUi, results } = overview;
    const report = make(
      'a',
      { href: `/report#${encodeURIComponent(this.#id)}`, target: '_blank', rel: 'opener' },
      'Report',
    );
    const facts = [
      provider,
      model,
      `started ${time(startedAt)}`,
      endedAt === null ? null : `ended ${time(endedAt)}`,
      webUi === null ? null : linkOut('Temporal Web UI', webUi),
      results === null ? null : report,
    ];
    const key = JSON.stringify([provider, model, startedAt, endedAt, webUi, results]);
    // A link in it may have the focus.
    if (this.#facts.dataset.key !== key) {
      this.#facts.replaceChildren(...facts.filter((fact) => fact !== null).map((fact) => make('li', {}, fact)));
      this.#facts.dataset.key = key;
    }
    this.#show();
  }

  showStatus(status: JobStatus): void {
    this.#status = status;
    this.#show();
  }

  #show(): void {
    const { state = 'running', verdict = null } = this.#overview ?? {};
    const isRunning = state === 'running';
    const phase = this.#status?.phase ?? 'running';
    const word = isRunning ? phase : describeEnded(state, verdict);
    setText(this.#badge, words(word));
    this.#badge.dataset.state = word;
    this.#showHolds(isRunning);
    if (this.#status !== null) this.#showProgress(this.#status, isRunning);
    else if (this.#overview !== null) this.#showEnd(this.#overview);
  }

  #showProgress(status: JobStatus, isRunning: boolean): void {
    const { progress, items } = status;
    this.#bar.value = progress;
    setText(this.#done, describeProgress(status, isRunning));
    const tenth = Math.floor(progress * toldSteps) * toldSteps;
    setText(this.#told, isRunning ? `${tenth} % are done` : `The job has ended: ${this.#badge.textContent}`);
    document.title = `${isRunning ? percent(progress) : this.#badge.textContent} ${this.#id} – Nightshift`;
    this.#tiles.replaceChildren(
      makeTile('answered', count(items.answered)),
      makeTile('failed', count(items.failed)),
      makeTile('open', count(items.underWay)),
      makeTile('not sent yet', count(items.notStarted + items.toRetry)),
      this.#makeCost(status, isRunning),
      makeTile('estimated cost', usd(status.estimateUsd)),
    );
  }

  #makeCost({ costUsd, budgetUsd }: JobStatus, isRunning: boolean): HTMLElement {
    const spent = isRunning ? costUsd : (this.#overview?.costUsd ?? costUsd);
    if (budgetUsd === null) return makeTile('cost, without a budget', usd(spent));
    const tile = makeTile(`cost, of ${usd(budgetUsd)}`, usd(spent));
    const meter = make('meter', { min: '0', max: String(budgetUsd || 1), 'aria-label': 'Cost, of the budget' });
    meter.value = spent ?? 0;
    tile.append(make('dd', {}, meter));
    return tile;
  }

  /** Without a worker: what the server knows. */
  #showEnd({ answered, failed, costUsd }: JobOverview): void {
    if (answered === null || failed === null) return;
    this.#bar.value = 1;
    const tiles = [
      makeTile('answered', count(answered)),
      makeTile('failed', count(failed)),
      makeTile('cost', usd(costUsd)),
    ];
    this.#tiles.replaceChildren(...tiles);
  }

  /** What holds the job. */
  #showHolds(isRunning: boolean): void {
    const { error = null, silence = null, blocked = null, failingCall = null } = this.#overview ?? {};
    const { pauses = [], capacity = [] } = (isRunning && this.#status) || {};
    const holds = [
      error,
      isRunning ? silence : null,
      blocked,
      failingCall === null
        ? null
        : `A call fails, and is made again (attempt ${failingCall.attempts}): ${failingCall.fault}`,
      ...pauses.map(({ reason, note }) => `Paused: ${explainPause(reason, note)}`),
      ...capacity.map(
        ({ model, waiting, reason }) =>
          `${count(waiting)} batches of ${model} wait: ${reason ?? 'the provider has no room'}`,
      ),
    ].filter((hold) => hold !== null);
    if (this.#holds.dataset.key === holds.join('\n')) return;
    this.#holds.dataset.key = holds.join('\n');
    this.#holds.replaceChildren(...holds.map((hold) => make('li', {}, hold)));
  }
}

const makeTile = (name: string, figure: string): HTMLElement =>
  make('div', {}, make('dt', {}, name), make('dd', { class: 'figure' }, figure));

function describeProgress({ progress, items, rows, estimatedEndAt }: JobStatus, isRunning: boolean): string {
  if (isRunning && rows.accepted === 0) return 'The rows are not counted yet.';
  const done = `${percent(progress)}: ${count(items.answered + items.failed)} of ${count(rows.accepted)} rows are done`;
  return isRunning && estimatedEndAt !== null ? `${done}, the end is at about ${time(estimatedEndAt)}` : done;
}
