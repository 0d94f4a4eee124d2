// Changes of a running job: pause, resume, approve, budget and cancel. Only for a token that may change jobs.

import type { JobOverview } from '../../../../overview/read-overview.ts';
import { messageOf, pathOf, post } from '../api.ts';
import { make, setText } from '../dom.ts';

export class JobActions {
  readonly #path: string;
  readonly #isAllowed: boolean;
  readonly #onChange: () => void;
  readonly #answer = make('p', { class: 'soft', role: 'status' });
  readonly #bar: HTMLElement;
  readonly #buttons: Readonly<Record<'pause' | 'resume' | 'approve' | 'budget' | 'cancel', HTMLButtonElement>>;

  constructor(id: string, isAllowed: boolean, onChange: () => void) {
    this.#path = pathOf(id);
    this.#isAllowed = isAllowed;
    this.#onChange = onChange;
    const button = (text: string, click: () => void): HTMLButtonElement =>
      make('button', { type: 'button', click }, text);
    this.#buttons = {
      pause: button('Pause', () => void this.#change('pause', { note: 'on the page' })),
      resume: button('Resume', () => void this.#change('resume')),
      approve: button('Approve the step', () => void this.#change('approve')),
      budget: button('Budget …', () => this.#askBudget()),
      cancel: button('Cancel …', () => this.#askCancel()),
    };
    this.#bar = make(
      'div',
      { class: 'bar', role: 'group', 'aria-label': 'Change the job' },
      ...Object.values(this.#buttons),
    );
    this.#bar.hidden = true;
  }

  get elements(): HTMLElement[] {
    return [this.#bar, this.#answer];
  }

  show({ state, phase, pauses = [] }: JobOverview): void {
    this.#bar.hidden = !this.#isAllowed || state !== 'running' || phase === 'cancelling';
    const reasons = new Set(pauses.map(({ reason }) => reason));
    this.#buttons.pause.hidden = reasons.has('person');
    this.#buttons.resume.hidden = reasons.size === 0;
    this.#buttons.approve.hidden = !reasons.has('approval') && !reasons.has('rollout');
  }

  async #change(action: string, body: object = {}): Promise<void> {
    setText(this.#answer, `${action} …`);
    try {
      await post(`${this.#path}/${action}`, body);
      setText(this.#answer, '');
    } catch (error) {
      setText(this.#answer, messageOf(error));
    }
    this.#onChange();
  }

  #askBudget(): void {
    const amount = make('input', { id: 'budget', type: 'number', min: '0', step: 'any', required: true });
    const label = make('label', { for: 'budget' }, 'The most that the job may cost, in dollars');
    openDialog('Budget', [label, amount], 'Set the budget', () =>
      this.#change('budget', { usd: amount.valueAsNumber }),
    );
  }

  #askCancel(): void {
    const text = 'The job delivers what is finished, and ends. What the provider has begun may still cost money.';
    openDialog('Cancel the job?', [make('p', {}, text)], 'Cancel the job', () => this.#change('cancel'));
  }
}

function openDialog(title: string, content: readonly Node[], yes: string, act: () => Promise<void>): void {
  const dialog = make('dialog', { 'aria-labelledby': 'dialog-title' });
  const submit = (event: Event): void => {
    event.preventDefault();
    dialog.close();
    void act();
  };
  const leave = make('button', { type: 'button', click: () => dialog.close() }, 'Back');
  const form = make('form', { submit }, make('h2', { id: 'dialog-title' }, title), ...content);
  form.append(make('div', { class: 'bar' }, make('button', { class: 'first' }, yes), leave));
  dialog.append(form);
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
