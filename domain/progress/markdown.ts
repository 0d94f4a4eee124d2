// The pieces of markdown that the details in the Web UI are made of.

export type Row = readonly [name: string, value: string | number];

/** A part of a table, with its title. */
export type Section = readonly [title: string, rows: readonly Row[]];

/** The Web UI cuts off the last line of the details, so the details end with a paragraph that may be lost. */
export const joinDetails = (parts: readonly string[], now: number): string =>
  [...parts.filter((part) => part !== ''), `_As of ${formatTime(now)}._`].join('\n\n');

/** One table for all sections, because each table of its own costs a third of the height. Leaves out sections without rows. */
export function renderTable(sections: readonly Section[]): string {
  const lines = sections
    .filter(([, rows]) => rows.length > 0)
    .flatMap(([title, rows]) => [`| **${title}** | |`, ...rows.map(([name, value]) => `| ${name} | ${value} |`)]);
  return lines.length === 0 ? '' : ['| | |', '|---|---:|', ...lines].join('\n');
}

export const formatTime = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** As in $1.50, with more places below a dollar. */
export const formatDollars = (usd: number): string => `$${usd.toFixed(usd < 1 ? 4 : 2)}`;

/** Short, as in 1.9 M. */
export const formatCount = (count: number): string =>
  count < 10_000 ? String(count) : count < 1e6 ? `${Math.round(count / 1000)} k` : `${(count / 1e6).toFixed(1)} M`;

export function renderBar(done: number, total: number): string {
  const filled = total === 0 ? 0 : Math.min(20, Math.floor((20 * done) / total));
  return `${'█'.repeat(filled)}${'░'.repeat(20 - filled)} ${total === 0 ? 0 : Math.floor((100 * done) / total)}%`;
}
