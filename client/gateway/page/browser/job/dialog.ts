// A question that must be answered before a change is made. Escape leaves it, and the focus goes back to where it was.

import { make } from '../dom.ts';

interface DialogOptions {
  /** On the button that acts. */
  readonly yes: string;
  readonly act: () => Promise<void>;
  /** Closes it when the page shows something else. */
  readonly signal: AbortSignal;
}

/** The field with `autofocus` gets the focus; without one, the button that changes nothing. */
export function openDialog(title: string, content: readonly HTMLElement[], { yes, act, signal }: DialogOptions): void {
  const dialog = make('dialog', { 'aria-labelledby': 'dialog-title' });
  const submit = (event: Event): void => {
    event.preventDefault();
    dialog.close();
    void act();
  };
  const hasField = content.some((each) => each.hasAttribute('autofocus'));
  const leave = make('button', { type: 'button', autofocus: !hasField, click: () => dialog.close() }, 'Back');
  const form = make('form', { submit }, make('h2', { id: 'dialog-title' }, title), ...content);
  form.append(make('div', { class: 'bar' }, make('button', { class: 'first' }, yes), leave));
  dialog.append(form);
  const close = (): void => dialog.close();
  signal.addEventListener('abort', close);
  dialog.addEventListener('close', () => {
    signal.removeEventListener('abort', close);
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
}
