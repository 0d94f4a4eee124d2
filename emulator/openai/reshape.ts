// What flavours of OpenAI's API share: reading its lists and times.

import { isObject, type Json } from '../server/json.ts';

export const listed = ({ data }: Json): Json[] => (Array.isArray(data) ? data.filter(isObject) : []);

export const toIsoTime = (seconds: unknown): string | null =>
  typeof seconds === 'number' ? new Date(seconds * 1000).toISOString() : null;
