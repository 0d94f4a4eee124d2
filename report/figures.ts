// Numbers as text for the page: grouped, in plain units, and never zero for an unknown value.

import { formatDuration } from '../domain/duration.ts';

const unknown = 'unknown';

export const count = (value: number): string => value.toLocaleString('en-US');

export const counted = (value: number, one: string, many: string): string =>
  `${count(value)} ${value === 1 ? one : many}`;

export const tokens = (value: number | null): string => (value === null ? unknown : count(value));

/** Cents for amounts of a dollar or more; otherwise as many places as needed to see anything. */
export function usd(value: number | null): string {
  if (value === null) return unknown;
  if (value === 0) return '$0';
  const size = Math.abs(value);
  const places = size >= 1 ? 2 : Math.min(8, 2 - Math.floor(Math.log10(size)));
  const text = size.toLocaleString('en-US', {
    minimumFractionDigits: Math.min(2, places),
    maximumFractionDigits: places,
  });
  return `${value < 0 ? '−' : ''}$${text}`;
}

/** Never 100 % or 0 % for an almost full or almost empty share. */
export function share(part: number, whole: number): string {
  if (whole === 0) return '–';
  const percent = (100 * part) / whole;
  if (part > 0 && percent < 0.1) return '<0.1 %';
  if (part < whole && percent > 99.9) return '>99.9 %';
  return `${Number(percent.toFixed(1))} %`;
}

/** Under a minute, to a tenth of a second. */
export function duration(ms: number): string {
  if (ms === 0) return '0';
  return ms < 1000 || ms >= 60_000 ? formatDuration(ms) : `${Number((ms / 1000).toFixed(1))}s`;
}

/** `2026-11-21 07:33 UTC` */
export const instant = (at: string | number): string =>
  `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
