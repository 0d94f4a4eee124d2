// The current options, when each was set, and how often each limited fault has been used. Patching a fault re-arms it, and restarts spans of
// time.
import type { Clock } from '../world/clock.ts';
import { mergeDeep, type Options, type OptionsInput, parseOptions } from './options.ts';

export type OptionStore = ReturnType<typeof createOptionStore>;

export function createOptionStore(initial: OptionsInput, clock: Pick<Clock, 'now'>) {
  let raw: unknown = initial;
  let startedAtMs = clock.now();
  const setAtMs = new Map<string, number>();
  let current = parseOptions(raw);
  const uses = new Map<string, number>();

  return {
    get current(): Options {
      return current;
    },
    patch(change: unknown): Options {
      const merged = mergeDeep(raw, change);
      current = parseOptions(merged);
      raw = merged;
      for (const key of Object.keys(isRecord(change) ? change : {})) rearm(uses, key);
      for (const path of changedPaths(change)) setAtMs.set(path, clock.now());
      return current;
    },
    /** When an option, named as `outage` or `limits.others`, was last given. */
    sinceMs: (path: string): number => setAtMs.get(path) ?? startedAtMs,
    /** True while the fault called `name` has uses left; `times` undefined means always. */
    take(name: string, times: number | undefined): boolean {
      if (times === undefined) return true;
      const used = uses.get(name) ?? 0;
      if (used >= times) return false;
      uses.set(name, used + 1);
      return true;
    },
    reset() {
      raw = initial;
      current = parseOptions(raw);
      uses.clear();
      setAtMs.clear();
      startedAtMs = clock.now();
    },
  };
}

/** The options in a patch, and the members of those that are groups. */
function changedPaths(change: unknown): string[] {
  if (!isRecord(change)) return [];
  return Object.entries(change).flatMap(([key, value]) => [
    key,
    ...(isRecord(value) ? Object.keys(value).map((member) => `${key}.${member}`) : []),
  ]);
}

function rearm(uses: Map<string, number>, key: string): void {
  for (const name of uses.keys()) if (name === key || name.startsWith(`${key}/`)) uses.delete(name);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
