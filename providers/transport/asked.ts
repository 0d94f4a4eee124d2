// A vendor's reply in the shape that is asked for, or a fault.

import { callProvider, type Purpose, unreadableReply } from './fault.ts';

/** What is used of a schema. */
export interface Shape<T> {
  safeParse(value: unknown): { readonly success: true; readonly data: T } | { readonly success: false };
}

export async function callAndParse<T>(
  provider: string,
  purpose: Purpose,
  shape: Shape<T>,
  call: () => Promise<unknown>,
): Promise<T> {
  const parsed = shape.safeParse(await callProvider(provider, purpose, call));
  if (!parsed.success) throw unreadableReply(provider, purpose);
  return parsed.data;
}
