// Tables and figures of the page: every plot has its numbers next to it, so that no information is only visual.

import type { Drawn } from './chart.ts';
import { type Content, type Html, html } from './html.ts';

export interface Column {
  readonly name: string;
  readonly numeric?: boolean;
}

/** The first cell of a row names it. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly Content[])[]): Html {
  const side = ({ numeric }: Column): Content => numeric === true && html` class="n"`;
  const cells = (row: readonly Content[]): Content[] =>
    columns.map((column, index) =>
      index === 0
        ? html`<th scope="row"${side(column)}>${row[index] ?? ''}</th>`
        : html`<td${side(column)}>${row[index] ?? ''}</td>`,
    );
  return html`<div class="scroll"><table><caption>${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col"${side(column)}>${column.name}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${cells(row)}</tr>\n`)}</tbody></table></div>`;
}

/** Empty if the plot is not drawn. `tall`: it may be cut where a sheet of paper ends. */
export function figure(
  plots: Drawn,
  name: string,
  about: { legend?: Content; caption?: Content; tall?: boolean } = {},
): Content {
  const plot = plots[name];
  if (plot === undefined) return null;
  const { legend = null, caption, tall } = about;
  return html`<figure${tall === true && html` class="tall"`}>${legend}${plot}${caption !== undefined && html`<figcaption>${caption}</figcaption>`}</figure>`;
}

export function legend(entries: readonly (readonly [color: string, name: string])[]): Html {
  return html`<ul class="legend">${entries.map(
    ([color, name]) => html`<li><i style="background: var(--${color})"></i>${name}</li>`,
  )}</ul>`;
}
