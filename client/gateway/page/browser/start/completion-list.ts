// The list under a text field: it opens while a person writes or with Ctrl-Space, and is used with the arrows, Enter and Escape, or the mouse.

import { find, make, setText } from '../dom.ts';
import { type Choice, type Completion, complete, type SchemaNode } from './complete.ts';

const choicesMax = 50;

export class CompletionList {
  readonly #field: HTMLTextAreaElement;
  readonly #schema: () => SchemaNode;
  readonly #list = make('ul', { id: 'choices', class: 'choices', role: 'listbox', 'aria-label': 'Choices' });
  readonly #told = make('p', { class: 'hidden', role: 'status' });
  #completion: Completion | null = null;
  #chosen = 0;

  constructor(field: HTMLTextAreaElement, schema: () => SchemaNode) {
    this.#field = field;
    this.#schema = schema;
    this.#list.hidden = true;
    field.setAttribute('aria-controls', 'choices');
    field.setAttribute('aria-autocomplete', 'list');
    field.addEventListener('keydown', (event) => this.#takeKey(event));
    field.addEventListener('input', () => this.#open(false));
    field.addEventListener('click', () => this.#close());
    field.addEventListener('blur', () => this.#close());
  }

  get elements(): HTMLElement[] {
    return [this.#list, this.#told];
  }

  /** While somebody writes, only where something was begun: a list that opens at every comma is in the way. */
  #open(isAsked: boolean): void {
    const { selectionStart: cursor, value } = this.#field;
    const completion = complete(value, cursor, this.#schema());
    const { from, choices } = completion;
    if (choices.length === 0 || (!isAsked && from === cursor)) {
      this.#close();
    } else {
      this.#completion = completion;
      this.#draw(choices.slice(0, choicesMax));
    }
  }

  #draw(choices: readonly Choice[]): void {
    const entries = choices.map((choice, index) =>
      make(
        'li',
        {
          id: `choice-${index}`,
          role: 'option',
          // The field keeps the focus.
          mousedown: (event) => event.preventDefault(),
          click: () => this.#accept(index),
        },
        make('b', {}, choice.label),
        make('span', {}, choice.description),
      ),
    );
    this.#list.replaceChildren(...entries);
    this.#list.hidden = false;
    setText(this.#told, `${choices.length} choices`);
    this.#choose(0);
  }

  #choose(index: number): void {
    const entries = [...this.#list.children];
    this.#chosen = (index + entries.length) % entries.length;
    for (const [at, entry] of entries.entries()) entry.setAttribute('aria-selected', String(at === this.#chosen));
    this.#field.setAttribute('aria-activedescendant', `choice-${this.#chosen}`);
    find(`choice-${this.#chosen}`).scrollIntoView({ block: 'nearest' });
  }

  #close(): void {
    this.#list.hidden = true;
    this.#completion = null;
    setText(this.#told, '');
    this.#field.removeAttribute('aria-activedescendant');
  }

  #accept(index: number): void {
    const choice = this.#completion?.choices[index];
    if (this.#completion === null || choice === undefined) return;
    const { from, to } = this.#completion;
    this.#field.setRangeText(choice.insert, from, to, 'end');
    this.#close();
  }

  #takeKey(event: KeyboardEvent): void {
    if (event.key === ' ' && event.ctrlKey) {
      event.preventDefault();
      this.#open(true);
      return;
    }
    const act = this.#completion === null ? undefined : this.#keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  readonly #keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => this.#choose(this.#chosen + 1),
    ArrowUp: () => this.#choose(this.#chosen - 1),
    Enter: () => this.#accept(this.#chosen),
    Escape: () => this.#close(),
  };
}
