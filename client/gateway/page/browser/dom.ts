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

/** Leaves the element alone if it has the text already: a screen reader would say it again, and a selection would be lost. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** A link elsewhere; only to the web. */
export function linkOut(text: string, href: string): HTMLElement {
  const isWeb = /^https?:$/.test(URL.parse(href)?.protocol ?? '');
  return isWeb ? make('a', { href, target: '_blank', rel: 'noreferrer' }, text) : make('span', {}, text);
}

/** A section with a heading that names it, and that can take the focus. */
export function makeSection(id: string, title: string, ...children: readonly Child[]): HTMLElement {
  return make('section', { 'aria-labelledby': id }, make('h2', { id, tabindex: '-1' }, title), ...children);
}

/** A button that has gone from the page, or is hidden, takes the focus with it: the next one of its group gets the focus. */
export function keepFocus(group: HTMLElement, change: () => void): void {
  const had = group.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
  change();
  if (had === null || (had.isConnected && !had.hidden)) return;
  group.querySelector<HTMLElement>('button:not([hidden])')?.focus();
}
