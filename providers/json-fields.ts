// Narrow readers for parsed JSON of unknown shape: they read a million result lines, where a schema would cost too much.

import type { Json } from '../domain/outcome/outcome.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function parsedFields(text: string): Fields | null {
  try {
    return asFields(JSON.parse(text));
  } catch {
    return null;
  }
}

export function asFields(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The objects of a list; anything else in it is left out. */
export const asObjects = (value: unknown): Fields[] =>
  asList(value).filter((each): each is Fields => asFields(each) !== null);

export const asText = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** The texts of the parts that have one; null if none has. */
export function joinTexts(parts: readonly Fields[]): string | null {
  const texts = parts.flatMap(({ text }) => asText(text) ?? []);
  return texts.length === 0 ? null : texts.join('');
}

export const asNumber = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;

/** For values from JSON.parse, which are therefore JSON. */
export const asJson = (parsed: unknown): Json => parsed as Json;

/** A vendor's codes are snake case; anything else in their place might be words, and words might quote a prompt. */
export const asCode = (value: unknown): string | null =>
  typeof value === 'string' && /^[a-z][a-z0-9_]{0,63}$/.test(value) ? value : null;

/** `constructor` has the shape of a code, and every object has such a property. */
export const findByCode = <T>(table: Readonly<Record<string, T>>, code: string): T | undefined =>
  Object.hasOwn(table, code) ? table[code] : undefined;

export const asRequestId = (value: unknown): string | null =>
  typeof value === 'string' && /^[A-Za-z0-9_-]{1,128}$/.test(value) ? value : null;

export const isAbsent = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);
