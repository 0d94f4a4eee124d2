// OpenAI's list pages: `after` and `limit` in, first and last id out.
import type { Call } from '../server/call.ts';
import { refuse } from '../server/reply.ts';
import type { World } from '../world/world.ts';

export function pageAfter<T extends { id: string }>(
  all: T[],
  query: URLSearchParams,
  limits: { fallback: number; max: number },
) {
  const limit = Number(query.get('limit') ?? limits.fallback);
  if (!Number.isInteger(limit) || limit < 1 || limit > limits.max) {
    throw refuse(400, `Invalid 'limit': expected an integer between 1 and ${limits.max}.`, { param: 'limit' });
  }
  const after = query.get('after');
  const start = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
  if (after !== null && start === 0) throw refuse(400, `Invalid 'after': ${after} was not found.`, { param: 'after' });
  const data = all.slice(start, start + limit);
  const has_more = start + limit < all.length;
  return { object: 'list', data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more };
}

/** With what is left of a query by a server that does not know all of it. */
export function listQuery({ options }: World, { query }: Call): URLSearchParams {
  const { ignoreCursor, pageMax } = options.current.list;
  const left = new URLSearchParams(query);
  for (const cursor of ignoreCursor ? ['after', 'page'] : []) left.delete(cursor);
  for (const size of pageMax === undefined ? [] : ['limit', 'page_size']) left.set(size, String(pageMax));
  return left;
}
