// Parses the values of options. An error says what would be right, and comes before any call to a server.

import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../domain/duration.ts';

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  };
}

/** Null removes the cap. */
export function usdOrNone(text: string): number | null {
  if (text === 'none') return null;
  const usd = Number(text.replace(/^\$/, ''));
  if (text !== '' && Number.isFinite(usd) && usd >= 0) return usd;
  throw new InvalidArgumentError('Give an amount of US dollars like 25 or 0.5, or "none" for no cap.');
}

export function durationText(text: string): string {
  if (parseDuration(text) !== null) return text;
  throw new InvalidArgumentError('Give a duration with its unit, like 90s, 15m, 12h or 1h30m.');
}

export const durationMs = (text: string): number => parseDuration(durationText(text)) ?? 0;

export const durationOrNone = (text: string): string | null => (text === 'none' ? null : durationText(text));

/** A duration before now, or a date. */
export function instant(text: string): Date {
  const ago = parseDuration(text);
  const at = ago === null ? Date.parse(text) : Date.now() - ago;
  if (!Number.isNaN(at)) return new Date(at);
  throw new InvalidArgumentError(
    'Give a duration like 24h, a day like 2026-11-20, or an instant like 2026-11-20T02:00:00Z.',
  );
}
