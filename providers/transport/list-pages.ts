// Reads a vendor's list page by page, back to a point in time: to its end, unless the list has shown that it is newest first.

import { findPagesMax } from '../../domain/limits.ts';
import { asFields, asText } from '../json-fields.ts';
import { unreadableReply } from './fault.ts';

export interface Listed {
  readonly id: string;
  readonly createdAt: number;
}

export interface Page<Item extends Listed> {
  readonly items: readonly Item[];
  /** The cursor of the next page; null if nothing was listed, or if the vendor says that this is all. */
  readonly next: string | null;
  /** True if the vendor says that there is more. */
  readonly more: boolean;
}

/**
 * Everything that is listed, up to what is certainly older than `since`. Throws if it cannot read that far: what was not read may be
 * ours, so nothing may be created because such a list does not show it.
 */
export async function turnPages<Item extends Listed>(
  vendor: string,
  since: number,
  read: (after: string | null) => Promise<Page<Item>>,
): Promise<Item[]> {
  const listed: Item[] = [];
  const order = orderWatch();
  const turned = new Set<string>();
  let after: string | null = null;
  for (let pages = 0; pages < findPagesMax; pages += 1) {
    const page: Page<Item> = await read(after);
    for (const item of page.items) {
      order.see(item.createdAt);
      listed.push(item);
    }
    const last = page.items.at(-1);
    if (last !== undefined && order.isNewestFirst() && last.createdAt < since) return listed;
    // A list that ignores the cursor would show its first page without end.
    const ends = page.next === null || turned.has(page.next);
    if (ends && !page.more) return listed;
    if (ends) break;
    after = page.next;
    if (after !== null) turned.add(after);
  }
  throw unreadableReply(vendor, 'read');
}

/** A list counts as newest first once a step down was seen, and only while no step up was. */
function orderWatch() {
  let previous = Number.POSITIVE_INFINITY;
  let down = false;
  let up = false;
  return {
    see(createdAt: number): void {
      if (createdAt > previous) up = true;
      if (createdAt < previous && previous !== Number.POSITIVE_INFINITY) down = true;
      previous = createdAt;
    },
    isNewestFirst: (): boolean => down && !up,
  };
}

/** A list this old serves submissions that need no newer one: otherwise hundreds of creates in a burst would each read the same pages. */
const recentMs = 5000;
/** A list with more items is not kept. */
const recentItemsMax = 20_000;

/** Keeps the last list that was requested. */
export interface RecentList<Item extends Listed> {
  read(since: number, untried: boolean, turn: (since: number) => Promise<readonly Item[]>): Promise<readonly Item[]>;
}

export function recentList<Item extends Listed>(now: () => number = Date.now): RecentList<Item> {
  let last: { readonly at: number; readonly since: number; readonly items: Promise<readonly Item[]> } | null = null;
  return {
    async read(since, untried, turn) {
      if (untried && last !== null && now() - last.at < recentMs && last.since <= since) {
        // If it failed, that was another caller's failure: this one requests the list itself.
        const items = await last.items.catch(() => null);
        if (items !== null) return items;
      }
      const mine = { at: now(), since, items: turn(since) };
      last = mine;
      const items = await mine.items;
      if (items.length > recentItemsMax && last === mine) last = null;
      return items;
    },
  };
}

/** The id of the page's last item, whatever shape that item has. */
export const readLastId = (data: readonly unknown[]): string | null => asText(asFields(data.at(-1))?.id);

export function oldestFirst<Item extends Listed>(items: readonly Item[]): Item[] {
  return [...items].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
}
