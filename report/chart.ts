// The shape of all plots, as options of the plotting library, and the page's colours.

import type { EChartsOption } from 'echarts';
import type { Html } from './html.ts';

export interface Chart {
  /** The plot in one sentence, for readers who cannot see it. */
  readonly title: string;
  readonly height: number;
  readonly option: EChartsOption;
  /** The text shown when a reader points at a mark. */
  readonly tips?: (series: number, index: number) => string | null | undefined;
}

export interface Drawing {
  /** A plot of half the page's width is drawn once; any other for a wide and a narrow page. */
  readonly half?: true;
  chart(width: number): Chart;
}

export type Charts = Readonly<Record<string, Drawing>>;
/** The plots of a page by name. */
export type Drawn = Readonly<Record<string, Html>>;

export const ink = 'var(--ink)';
const soft = 'var(--soft)';
export const line = 'var(--line)';
const small = 12;
/** Below this width there is no room for words next to the marks. */
export const roomy = 600;

export const still = { silent: true, emphasis: { disabled: true } } as const;
export const label = { color: soft, fontSize: small };
export const noTicks = { axisTick: { show: false }, axisLine: { show: false } };
/** Room for names on the left: the library only guesses how wide the page's font is, and guesses low. */
export const roomFor = (names: readonly string[]): number =>
  12 + 7.4 * names.reduce((most, { length }) => Math.max(most, length), 0);

export const grid = (space: { left?: number; right?: number; top?: number; bottom?: number } = {}) => ({
  left: 2,
  right: 24,
  top: 8,
  bottom: 4,
  outerBoundsMode: 'same' as const,
  outerBoundsContain: 'axisLabel' as const,
  ...space,
});
