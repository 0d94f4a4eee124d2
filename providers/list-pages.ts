// Turns the pages of a vendor's list back to a point in time: all of them, unless the list has shown that it is newest first.

import { findPagesMax } from '../domain/limits.ts';

export interface Listed {
  readonly id: string;
  readonly createdAt: number;
}

export interface Page<Item extends Listed> {
  readonly items: readonly Item[];
  /** Null where there is no further page. */
  readonly next: string | null;
}

/** Calls `visit` with everything that is listed, up to what is certainly older than `since`. */
export async function turnPages<Item extends Listed>(
  since: number,
  read: (after: string | null) => Promise<Page<Item>>,
  visit: (item: Item) => void,
): Promise<void> {
  const order = orderWatch();
  const turned = new Set<string>();
  let after: string | null = null;
  for (let pages = 0; pages < findPagesMax; pages += 1) {
    const page: Page<Item> = await read(after);
    for (const item of page.items) {
      order.see(item.createdAt);
      visit(item);
    }
    const last = page.items.at(-1);
    if (last === undefined || page.next === null) return;
    if (order.isNewestFirst() && last.createdAt < since) return;
    // A list that ignores the cursor would show its first page for ever.
    if (turned.has(page.next)) return;
    turned.add(page.next);
    after = page.next;
  }
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

export function oldestFirst<Item extends Listed>(items: readonly Item[]): Item[] {
  return [...items].sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
}
