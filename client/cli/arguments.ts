// Parses the values of options. An error says what would be right, and comes before any call to a server.

import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../domain/duration.ts';
import { jobIdBytesMax } from '../../domain/limits.ts';
import { showControls } from './print/visible.ts';

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`Give a whole number from ${min} to ${max}.`);
  };
}

/** A number from 0 on, with or without a dollar sign; null if it is none. */
export function readAmount(text: string): number | null {
  const digits = text.replace(/^\$/, '');
  const amount = Number(digits);
  return digits !== '' && Number.isFinite(amount) && amount >= 0 ? amount : null;
}

/** Null removes the cap. */
export function usdOrNone(text: string): number | null {
  if (text === 'none') return null;
  const usd = readAmount(text);
  if (usd !== null) return usd;
  throw new InvalidArgumentError('Give an amount of US dollars like 25 or 0.5, or "none" for no cap.');
}

export function durationText(text: string): string {
  if (parseDuration(text) !== null) return text;
  throw new InvalidArgumentError('Give a duration with its unit, like 90s, 15m, 12h or 1h30m.');
}

export const durationMs = (text: string): number => parseDuration(durationText(text)) ?? 0;

export const durationOrNone = (text: string): string | null => (text === 'none' ? null : durationText(text));

/** An id that is there already may be any text. */
export function knownId(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('Give an id that is not empty.');
}

/** An id that nobody could type, or that would break a line, would be in the way for ever. */
export function newId(text: string): string {
  if (Buffer.byteLength(text) > jobIdBytesMax) {
    throw new InvalidArgumentError(`Give an id of at most ${jobIdBytesMax} bytes.`);
  }
  if (text.startsWith('-')) throw new InvalidArgumentError('Give an id that does not begin with a dash.');
  if (showControls(text) === text) return knownId(text);
  throw new InvalidArgumentError('Give an id without control characters or line breaks.');
}

const yearMs = 366 * 86_400_000;

/** A duration before now, or a date. Temporal knows no time before 1970. */
export function instant(text: string): Date {
  const ago = parseDuration(text);
  const at = ago === null ? Date.parse(text) : Date.now() - ago;
  if (at >= 0 && at < Date.now() + 1000 * yearMs) return new Date(at);
  throw new InvalidArgumentError(
    'Give a duration like 24h, a day like 2026-11-20, or an instant like 2026-11-20T02:00:00Z, not before 1970.',
  );
}
