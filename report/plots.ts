// Draws a `Chart` as SVG inside the page, with the page's own colours, so that they fit light, dark and paper.

import { init } from 'echarts/dist/echarts.esm.min.mjs';
import type { Chart, Charts, Drawing, Drawn } from './chart.ts';
import { Html, html } from './html.ts';

/** One width for screens with room and one for narrow ones: text that is scaled down to a telephone cannot be read. */
const widths = { wide: 880, narrow: 370 } as const;

export function drawn(charts: Charts): Drawn {
  return Object.fromEntries(Object.entries(charts).map(([name, drawing]) => [name, drawSizes(drawing)]));
}

function drawSizes({ half, chart }: Drawing): Html {
  if (half === true) return html`<div class="plot half">${drawSvg(chart(widths.narrow), widths.narrow)}</div>`;
  const sizes = Object.entries(widths).map(
    ([size, width]) => html`<div class="${size}">${drawSvg(chart(width), width)}</div>`,
  );
  return html`<div class="plot">${sizes}</div>`;
}

function drawSvg({ title, height, option, tips }: Chart, width: number): Html {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: 'inherit' }, ...option });
    return new Html(trimmed(chart.renderToSVGString(), html`<title>${title}</title>`, tips));
  } finally {
    chart.dispose();
  }
}

/**
 * Removes what only a script would need, and clips that cut nothing (their ids would differ between reports). Each mark with a tip gets its own
 * title.
 */
function trimmed(svg: string, title: Html, tips: Chart['tips']): string {
  return svg
    .replace(/<(style|defs)\b[\s\S]*?<\/\1>/g, '')
    .replace(
      /^<svg width="(\d+)" height="(\d+)"[^>]*>/,
      (_, width: string, height: string) =>
        html`<svg role="img" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`.toString() + title,
    )
    .replace(/<rect [^>]*fill="none"><\/rect>/, '')
    .replace(
      /(<path [^>]*?) ecmeta_series_index="(\d+)" ecmeta_data_index="(\d+)"[^>]*><\/path>/g,
      (_, path: string, series: string, index: string) => {
        const tip = tips?.(Number(series), Number(index)) ?? null;
        return `${path}>${tip === null ? '' : html`<title>${tip}</title>`}</path>`;
      },
    )
    .replace(
      / (clip-path="url[^"]*"|class="zr\d+-cls-\d+"|pointer-events="visible"|xml:space="preserve"|ecmeta_\w+="[^"]*")/g,
      '',
    )
    .replace(/\n\s*/g, '');
}
