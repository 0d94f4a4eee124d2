// Which calls came in and how they were answered: counts of all, details of the last ten thousand.
import type { RouteName } from '../server/routes.ts';

export interface JournalEntry {
  time: string;
  route: RouteName;
  path: string;
  tenant: string | null;
  /** Null while the call is being served and for replies that were never sent. */
  status: number | null;
  batch?: string;
  file?: string;
  items?: number;
  bytes?: number;
}

export type Journal = ReturnType<typeof createJournal>;

const entriesMax = 10_000;

export function createJournal() {
  let entries: JournalEntry[] = [];
  let counts: Record<string, number> = {};
  return {
    add(entry: JournalEntry): JournalEntry {
      counts[entry.route] = (counts[entry.route] ?? 0) + 1;
      entries.push(entry);
      if (entries.length > entriesMax * 2) entries = entries.slice(-entriesMax);
      return entry;
    },
    counts: (): Record<string, number> => ({ ...counts }),
    list: (route: string | null): JournalEntry[] =>
      entries.slice(-entriesMax).filter((entry) => route === null || entry.route === route),
    clear() {
      entries = [];
      counts = {};
    },
  };
}
