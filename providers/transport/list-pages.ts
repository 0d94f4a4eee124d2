// Reads a vendor's list page by page, back to a point in time and some pages beyond. Reads to the end unless the list has shown that it is
// newest first.

import { findPagesBeyond, findPagesMax } from '../../domain/limits.ts';
import { asFields, asText } from '../json-fields.ts';
import { unreadableReply } from './fault.ts';

export interface Listed {
  readonly id: string;
  /** In milliseconds; not a number if the vendor does not say. */
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
 * Everything that is listed, up to some pages that are older than `since`: an odd entry neither ends the search nor makes it read everything.
 * Throws if it cannot read that far: what was not read may be ours, so nothing may be created because such a list does not show it.
 */
export async function turnPages<Item extends Listed>(
  vendor: string,
  since: number,
  read: (after: string | null) => Promise<Page<Item>>,
): Promise<Item[]> {
  const listed: Item[] = [];
  const order = watchOrder();
  const turned = new Set<string>();
  let after: string | null = null;
  let beyond = 0;
  for (let pages = 0; pages < findPagesMax; pages += 1) {
    const page: Page<Item> = await read(after);
    for (const item of page.items) {
      order.see(item.createdAt);
      listed.push(item);
    }
    beyond = countBeyond(page.items, since, beyond);
    if (beyond >= findPagesBeyond && order.isNewestFirst()) return listed;
    // A list that ignores the cursor would show its first page again and again.
    const ends = page.next === null || turned.has(page.next);
    if (ends && !page.more) return listed;
    if (ends) break;
    after = page.next;
    if (after !== null) turned.add(after);
  }
  throw unreadableReply(vendor, 'read');
}

/** How many pages in a row had only entries older than `since`. A page without a readable time changes nothing. */
function countBeyond(items: readonly Listed[], since: number, before: number): number {
  const times = items.map(({ createdAt }) => createdAt).filter((createdAt) => !Number.isNaN(createdAt));
  if (times.length === 0) return before;
  return times.every((createdAt) => createdAt < since) ? before + 1 : 0;
}

/** In a list that is newest first, each step up needs so many steps down: one odd entry makes one of each. */
const stepsDownPerUp = 20;

/** Entries of equal time are not a step: a second may have many. */
function watchOrder() {
  let previous: number | null = null;
  let down = 0;
  let up = 0;
  return {
    see(createdAt: number): void {
      if (Number.isNaN(createdAt)) return;
      if (previous !== null && createdAt > previous) up += 1;
      if (previous !== null && createdAt < previous) down += 1;
      previous = createdAt;
    },
    isNewestFirst: (): boolean => down > 0 && down >= up * stepsDownPerUp,
  };
}

/** A list up to this age serves submissions that need no newer one: otherwise hundreds of creates in a burst would each read the same pages. */
const recentMs = 5000;
/** A list with more items is not kept. */
const recentItemsMax = 20_000;

/** Keeps the last list that was requested. */
export interface RecentList<Item extends Listed> {
  read(since: number, untried: boolean, turn: (since: number) => Promise<readonly Item[]>): Promise<readonly Item[]>;
}

/** `now` must never go back, because an old list would then count as new. */
export function recentList<Item extends Listed>(now: () => number = () => performance.now()): RecentList<Item> {
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

/** The id of the page's last item that has one, whatever its other fields: after it, items may be listed twice, but none is left out. */
export function readLastId(data: readonly unknown[]): string | null {
  for (const item of data.toReversed()) {
    const id = asText(asFields(item)?.id);
    if (id !== null) return id;
  }
  return null;
}

/** A batch counts as made now if the vendor does not say when it was made: its deadline then comes late, not immediately. */
export const dateUndated = <Item extends Listed>(item: Item): Item =>
  Number.isNaN(item.createdAt) ? { ...item, createdAt: Date.now() } : item;

export function oldestFirst<Item extends Listed>(items: readonly Item[]): Item[] {
  return [...items].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
}
