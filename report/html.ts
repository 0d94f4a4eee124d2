// Text that is known to be HTML: a template escapes everything that is put into it, except what another template made.

export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

export type Content = Html | string | number | null | false | readonly Content[];

export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(parts.map((part, index) => part + renderContent(contents[index] ?? null)).join(''));
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '');

function renderContent(content: Content): string {
  if (content instanceof Html) return content.toString();
  if (content === null || content === false) return '';
  if (typeof content === 'object') return content.map(renderContent).join('');
  return escaped(String(content));
}
