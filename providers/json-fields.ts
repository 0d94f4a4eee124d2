// Narrow readers over parsed JSON of unknown shape: a million result lines are read with these, where a schema would cost too much.

import type { Json } from '../domain/outcome/outcome.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function parsedFields(text: string): Fields | null {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return null;
  }
}

export function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The objects of a list; what is none is left out. */
export const objectsOf = (value: unknown): Fields[] =>
  listOf(value).filter((each): each is Fields => fieldsOf(each) !== null);

export const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

export const numberOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;

/** For values that came out of JSON.parse, and therefore are JSON. */
export const jsonOf = (parsed: unknown): Json => parsed as Json;

/** A vendor's codes are snake case; anything else in their place might be words, and words might quote a prompt. */
export const codeOf = (value: unknown): string | null =>
  typeof value === 'string' && /^[a-z][a-z0-9_]{0,63}$/.test(value) ? value : null;

export const requestIdOf = (value: unknown): string | null =>
  typeof value === 'string' && /^[A-Za-z0-9_-]{1,128}$/.test(value) ? value : null;
