// Turns the pages of a vendor's list back to a point in time: all of them, unless the list has shown that it is newest first.

import { findPagesMax } from '../../domain/limits.ts';
import { asFields, asText } from '../json-fields.ts';
import { unreadableReply } from './fault.ts';

export interface Listed {
  readonly id: string;
  readonly createdAt: number;
}

export interface Page<Item extends Listed> {
  readonly items: readonly Item[];
  /** What to turn on by; null where nothing was listed, or the vendor says that this is all. */
  readonly next: string | null;
  /** The vendor says itself that there is more. */
  readonly more: boolean;
}

/**
 * Everything that is listed, up to what is certainly older than `since`. Throws where it cannot come that far: what was not seen may
 * be ours, and nothing may be created on the word of such a list.
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
    // A list that ignores the cursor would show its first page for ever.
    const ends = page.next === null || turned.has(page.next);
    if (ends && !page.more) return listed;
    if (ends) break;
    after = page.next;
    if (after !== null) turned.add(after);
  }
  throw unreadableReply(vendor, 'read');
}

/** Newest first is believed once a step down was seen, and only while no step up was. */
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

/** A list that was asked for this long ago serves those who need it no newer: hundreds of creates in a burst would each turn the same pages. */
const recentMs = 5000;
/** A longer one is not kept. */
const recentItemsMax = 20_000;

/** The last list that was asked for. */
export interface RecentList<Item extends Listed> {
  read(since: number, untried: boolean, turn: (since: number) => Promise<readonly Item[]>): Promise<readonly Item[]>;
}

export function recentList<Item extends Listed>(now: () => number = Date.now): RecentList<Item> {
  let last: { readonly at: number; readonly since: number; readonly items: Promise<readonly Item[]> } | null = null;
  return {
    async read(since, untried, turn) {
      if (untried && last !== null && now() - last.at < recentMs && last.since <= since) {
        // One that failed was somebody else's: this one is asked for anew.
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

/** The id that the page ends with, whatever shape that item has. */
export const readLastId = (data: readonly unknown[]): string | null => asText(asFields(data.at(-1))?.id);

export function oldestFirst<Item extends Listed>(items: readonly Item[]): Item[] {
  return [...items].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
}
