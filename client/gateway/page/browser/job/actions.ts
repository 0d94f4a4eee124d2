// Changes of a running job: pause, resume, approve, budget and cancel. Only for a token that may change jobs.

import type { JobOverview } from '../../../../overview/read-overview.ts';
import { messageOf, pathOf, post } from '../api.ts';
import { keepFocus, make, setText } from '../dom.ts';
import { openDialog } from './dialog.ts';

type Action = 'pause' | 'resume' | 'approve' | 'budget' | 'cancel';

const doing: Readonly<Record<Action, string>> = {
  pause: 'Pausing …',
  resume: 'Resuming …',
  approve: 'Approving …',
  budget: 'Setting the budget …',
  cancel: 'Cancelling …',
};

interface ActionOptions {
  readonly isAllowed: boolean;
  /** Aborted when the page shows something else. */
  readonly signal: AbortSignal;
  onChange(): void;
}

export class JobActions {
  readonly #path: string;
  readonly #options: ActionOptions;
  readonly #answer = make('p', { class: 'soft', role: 'status' });
  readonly #bar: HTMLElement;
  readonly #buttons: Readonly<Record<Action, HTMLButtonElement>>;
  #budgetUsd: number | null = null;

  constructor(id: string, options: ActionOptions) {
    this.#path = pathOf(id);
    this.#options = options;
    const button = (text: string, click: () => void): HTMLButtonElement =>
      make('button', { type: 'button', click }, text);
    this.#buttons = {
      pause: button('Pause', () => void this.#change('pause', { note: 'on the page' })),
      resume: button('Resume', () => void this.#change('resume')),
      approve: button('Approve the step', () => void this.#change('approve')),
      budget: button('Budget …', () => this.#askBudget()),
      cancel: button('Cancel …', () => this.#askCancel()),
    };
    const buttons = Object.values(this.#buttons);
    this.#bar = make('div', { class: 'bar', role: 'group', 'aria-label': 'Change the job' }, ...buttons);
    this.#bar.hidden = true;
  }

  get elements(): HTMLElement[] {
    return [this.#bar, this.#answer];
  }

  show({ state, phase, pauses = [], budgetUsd = null }: JobOverview): void {
    this.#budgetUsd = budgetUsd;
    const reasons = new Set(pauses.map(({ reason }) => reason));
    keepFocus(this.#bar, () => {
      this.#bar.hidden = !this.#options.isAllowed || state !== 'running' || phase === 'cancelling';
      this.#buttons.pause.hidden = reasons.has('person');
      this.#buttons.resume.hidden = [...reasons].every((reason) => reason === 'budget' || reason === 'approval');
      this.#buttons.approve.hidden = !reasons.has('approval');
    });
  }

  async #change(action: Action, body: object = {}): Promise<void> {
    setText(this.#answer, doing[action]);
    try {
      await post(`${this.#path}/${action}`, body);
      setText(this.#answer, '');
    } catch (error) {
      setText(this.#answer, messageOf(error));
    }
    this.#options.onChange();
  }

  #askBudget(): void {
    const amount = make('input', {
      id: 'budget',
      type: 'number',
      min: '0',
      step: 'any',
      required: true,
      autofocus: true,
      value: this.#budgetUsd === null ? null : String(this.#budgetUsd),
    });
    const label = make('label', { for: 'budget' }, 'The most that the job may cost, in dollars');
    const act = (): Promise<void> => this.#change('budget', { usd: amount.valueAsNumber });
    openDialog('Budget', [label, amount], { yes: 'Set the budget', act, signal: this.#options.signal });
  }

  #askCancel(): void {
    const text = 'The job delivers what is finished, and ends. What the provider has begun may still cost money.';
    const act = (): Promise<void> => this.#change('cancel');
    openDialog('Cancel the job?', [make('p', {}, text)], {
      yes: 'Cancel the job',
      act,
      signal: this.#options.signal,
    });
  }
}
