// Makes elements. Everything that is shown goes through text nodes, so nothing that a job holds can become HTML.

export type Child = Node | string | null | false;
type Attribute = string | boolean | null | ((event: Event) => void);

/** An attribute that is a function listens to the event of its name; null and false leave the attribute out. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== false));
  return element;
}

/** Of an element that is there already. */
export function find<Wanted extends HTMLElement>(id: string): Wanted {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element as Wanted;
}

/** Leaves the element alone if it has the text already: a screen reader would say it again. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A link elsewhere; only to the web. */
export function linkOut(text: string, href: string): HTMLElement {
  const isWeb = /^https?:$/.test(URL.parse(href)?.protocol ?? '');
  return isWeb ? make('a', { href, target: '_blank', rel: 'noreferrer' }, text) : make('span', {}, text);
}

/** A table of texts and elements; a column that is a number is aligned to the right, and one that is `wide` is left out on a telephone. */
export interface Column {
  readonly title: string;
  readonly kind?: 'number' | 'wide';
}

const classOf = ({ kind }: Column): string | null => (kind === 'number' ? 'n' : (kind ?? null));

export function makeTable(caption: string, columns: readonly Column[]): HTMLTableElement {
  const heads = columns.map((column) => make('th', { scope: 'col', class: classOf(column) }, column.title));
  return make('table', {}, make('caption', {}, caption), make('thead', {}, make('tr', {}, ...heads)), make('tbody'));
}

export const makeRow = (columns: readonly Column[], cells: readonly Child[]): HTMLTableRowElement =>
  make('tr', {}, ...columns.map((column, index) => make('td', { class: classOf(column) }, cells[index] ?? '')));
