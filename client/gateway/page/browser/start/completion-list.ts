// The list under a text field: it opens while a person writes or with Ctrl-Space, and is used with the arrows, Enter and Escape, or the mouse.

import { make, setText } from '../dom.ts';
import { type Choice, type Completion, complete, type SchemaNode } from './complete.ts';

/** A list that scrolls in the page could not be read without a mouse. The arrows bring the others, and writing makes them fewer. */
const shownMax = 7;

export class CompletionList {
  readonly #field: HTMLTextAreaElement;
  readonly #schema: () => SchemaNode;
  readonly #onChange: () => void;
  readonly #list = make('ul', { id: 'choices', class: 'choices', role: 'listbox', 'aria-label': 'Choices' });
  readonly #told = make('p', { class: 'hidden', role: 'status' });
  #completion: Completion | null = null;
  #chosen = 0;

  /** A field says nothing of a text that was put into it. */
  constructor(field: HTMLTextAreaElement, schema: () => SchemaNode, onChange: () => void) {
    this.#field = field;
    this.#schema = schema;
    this.#onChange = onChange;
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
      this.#list.hidden = false;
      setText(this.#told, `${choices.length} choices`);
      this.#choose(0);
    }
  }

  /** From the last one, the first is next. */
  #choose(index: number): void {
    const { choices = [] } = this.#completion ?? {};
    this.#chosen = (index + choices.length) % choices.length;
    const first = Math.max(0, Math.min(this.#chosen - shownMax + 1, choices.length - shownMax));
    const shown = choices.slice(first, first + shownMax);
    this.#list.replaceChildren(...shown.map((choice, at) => this.#draw(choice, first + at, choices.length)));
    this.#field.setAttribute('aria-activedescendant', `choice-${this.#chosen}`);
  }

  #draw(choice: Choice, index: number, all: number): HTMLElement {
    const attributes = {
      id: `choice-${index}`,
      role: 'option',
      'aria-selected': String(index === this.#chosen),
      'aria-setsize': String(all),
      'aria-posinset': String(index + 1),
      // The field keeps the focus.
      mousedown: (event: Event) => event.preventDefault(),
      click: () => this.#accept(index),
    };
    return make('li', attributes, make('b', {}, choice.label), make('span', {}, choice.description));
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
    this.#onChange();
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
