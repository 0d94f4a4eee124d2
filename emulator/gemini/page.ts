// Google's list pages: `pageSize` and `pageToken` in, `nextPageToken` out.
import { refuse } from '../server/reply.ts';

export function pageOf<T>(all: T[], query: URLSearchParams, { fallback, max }: { fallback: number; max: number }) {
  const size = Number(query.get('pageSize') ?? fallback);
  const start = Number(query.get('pageToken') ?? 0);
  if (!Number.isInteger(size) || size < 0) throw refuse(400, '* page_size must not be negative');
  if (!Number.isInteger(start) || start < 0 || start > all.length) throw refuse(400, 'Invalid page token.');
  const end = start + Math.min(size === 0 ? fallback : size, max);
  return { page: all.slice(start, end), nextPageToken: end < all.length ? { nextPageToken: String(end) } : {} };
}
