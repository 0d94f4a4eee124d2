// Anthropic's list pages: `after_id` or `before_id` and `limit` in, first and last id out.
import { refuse } from '../server/reply.ts';

const limitDefault = 20;
const limitMax = 1000;

export function pageAround<T extends { id: string }>(all: T[], query: URLSearchParams) {
  const limit = Number(query.get('limit') ?? limitDefault);
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax) {
    throw refuse(400, `limit: Input should be between 1 and ${limitMax}`);
  }
  const [start, end] = bounds(all, query, limit);
  const data = all.slice(start, end);
  const has_more = query.has('before_id') ? start > 0 : end < all.length;
  return { data, has_more, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}

function bounds(all: { id: string }[], query: URLSearchParams, limit: number): [start: number, end: number] {
  const before = query.get('before_id');
  if (before !== null) {
    const end = position(all, before);
    return [Math.max(0, end - limit), end];
  }
  const after = query.get('after_id');
  const start = after === null ? 0 : position(all, after) + 1;
  return [start, start + limit];
}

function position(all: { id: string }[], id: string): number {
  const at = all.findIndex((one) => one.id === id);
  if (at < 0) throw refuse(400, `Invalid page cursor: ${id}`);
  return at;
}
