// Reads a vendor's list page by page, back to a point in time and some pages beyond. Reads to the end unless the list has shown that it is
// newest first. Says whether the list is evidently whole: only then does it prove that a batch is not there.

import type { BatchHandle } from '../../domain/batch/state.ts';
import { findPagesBeyond, findPagesMax } from '../../domain/limits.ts';
import { asFields, asText } from '../json-fields.ts';
import type { Found } from '../provider.ts';
import { unreadableReply } from './fault.ts';

export interface Listed {
  readonly id: string;
  /** In milliseconds; not a number if the vendor does not say. */
  readonly createdAt: number;
}

export interface Page<Item extends Listed> {
  readonly items: readonly Item[];
  /** How many entries the vendor listed. It has more than `items` if some cannot be read. */
  readonly count: number;
  /** The cursor of the next page; null if nothing was listed, or if the vendor says that this is all. */
  readonly next: string | null;
  /** Whether the vendor says that there is more; null if it does not say. */
  readonly more: boolean | null;
}

/** What a vendor lists: each entry once. */
export interface Listing<Item extends Listed> {
  readonly items: readonly Item[];
  /** False if the list may have left some out: then it does not prove that a batch is not there. */
  readonly isWhole: boolean;
}

/**
 * Everything that is listed, up to some pages that are older than `since`: an odd entry neither ends the search nor makes it read everything.
 * Throws if the vendor says that there is more, and it cannot be read: nothing may be created because such a list does not show it.
 */
export async function turnPages<Item extends Listed>(
  vendor: string,
  since: number,
  read: (after: string | null) => Promise<Page<Item>>,
): Promise<Listing<Item>> {
  const listed = new Map<string, Item>();
  const order = watchOrder();
  const turned = new Set<string>();
  let after: string | null = null;
  let beyond = 0;
  let largestPage = 0;
  for (let pages = 0; pages < findPagesMax; pages += 1) {
    const page: Page<Item> = await read(after);
    const fresh = page.items.filter(({ id }) => !listed.has(id));
    for (const item of fresh) {
      order.see(item.createdAt);
      listed.set(item.id, item);
    }
    largestPage = Math.max(largestPage, page.count);
    beyond = countBeyond(page.items, since, beyond);
    if (beyond >= findPagesBeyond && order.isNewestFirst()) return { items: [...listed.values()], isWhole: true };
    // A list that ignores the cursor shows its first page again and again.
    const isRepeated = page.items.length > 0 && fresh.length === 0;
    if (page.next === null || isRepeated || turned.has(page.next)) {
      if (page.more === true) break;
      const isSmall = Math.max(listed.size, largestPage) < smallestPage;
      return { items: [...listed.values()], isWhole: page.more === false || order.reachesBack(since) || isSmall };
    }
    after = page.next;
    turned.add(after);
  }
  throw unreadableReply(vendor, 'read');
}

/** No server is known that lists fewer entries than this while it has more. */
const smallestPage = 10;

/** How many pages in a row had only entries older than `since`. A page without a readable time changes nothing. */
function countBeyond(items: readonly Listed[], since: number, before: number): number {
  const times = items.map(({ createdAt }) => createdAt).filter((createdAt) => !Number.isNaN(createdAt));
  if (times.length === 0) return before;
  return times.every((createdAt) => createdAt < since) ? before + 1 : 0;
}

/** In a list that is newest first, each step up needs so many steps down: one odd entry makes one of each. */
const stepsDownPerUp = 20;

/** One old entry at the end of a list may be odd. So many in a row are not. */
const oldestMin = 3;

/** Entries of equal time are not a step: a second may have many. */
function watchOrder() {
  let previous: number | null = null;
  let down = 0;
  let up = 0;
  let last: number[] = [];
  const isNewestFirst = (): boolean => down > 0 && down >= up * stepsDownPerUp;
  return {
    see(createdAt: number): void {
      if (Number.isNaN(createdAt)) return;
      last = [...last.slice(1 - oldestMin), createdAt];
      if (previous !== null && createdAt > previous) up += 1;
      if (previous !== null && createdAt < previous) down += 1;
      previous = createdAt;
    },
    isNewestFirst,
    /** Whether all that is not older than `since` was seen, even if the list has more. */
    reachesBack: (since: number): boolean =>
      isNewestFirst() && last.length === oldestMin && last.every((createdAt) => createdAt < since),
  };
}

/** A list up to this age serves submissions that need no newer one: otherwise hundreds of creates in a burst would each read the same pages. */
const recentMs = 5000;
/** A list with more items is not kept. */
const recentItemsMax = 20_000;

/** Keeps the last list that was requested. */
export interface RecentList<Item extends Listed> {
  read(since: number, untried: boolean, turn: (since: number) => Promise<Listing<Item>>): Promise<Listing<Item>>;
}

/** `now` must never go back, because an old list would then count as new. */
export function recentList<Item extends Listed>(now: () => number = () => performance.now()): RecentList<Item> {
  let last: { readonly at: number; readonly since: number; readonly listing: Promise<Listing<Item>> } | null = null;
  return {
    async read(since, untried, turn) {
      if (untried && last !== null && now() - last.at < recentMs && last.since <= since) {
        // If it failed, that was another caller's failure: this one requests the list itself.
        const listing = await last.listing.catch(() => null);
        if (listing !== null) return listing;
      }
      const mine = { at: now(), since, listing: turn(since) };
      last = mine;
      const listing = await mine.listing;
      if (listing.items.length > recentItemsMax && last === mine) last = null;
      return listing;
    },
  };
}

/** Where a page with `has_more` leads: after an empty page there is nothing more, even if the vendor does not say so. */
export function readNext(
  data: readonly unknown[],
  hasMore: boolean | null | undefined,
  lastId?: string | null,
): Pick<Page<Listed>, 'next' | 'more'> {
  const more = hasMore ?? (data.length === 0 ? false : null);
  return { next: more === false ? null : (lastId ?? readLastId(data)), more };
}

/** The id of the page's last item that has one, whatever its other fields: after it, items may be listed twice, but none is left out. */
function readLastId(data: readonly unknown[]): string | null {
  for (const item of data.toReversed()) {
    const id = asText(asFields(item)?.id);
    if (id !== null) return id;
  }
  return null;
}

/** For the result of a search. */
export const partialUnless = (isWhole: boolean): { readonly isPartial?: true } => (isWhole ? {} : { isPartial: true });

/** For a vendor that shows what tells batches apart: all of these are the submission's. */
export const confirmAll = ({ items, isWhole }: Listing<BatchHandle>): Found => ({
  confirmed: oldestFirst(items.map(dateUndated)),
  possible: [],
  ...partialUnless(isWhole),
});

/** A batch counts as made now if the vendor does not say when it was made: its deadline then comes late, not immediately. */
export const dateUndated = <Item extends Listed>(item: Item): Item =>
  Number.isNaN(item.createdAt) ? { ...item, createdAt: Date.now() } : item;

export function oldestFirst<Item extends Listed>(items: readonly Item[]): Item[] {
  return [...items].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
}
