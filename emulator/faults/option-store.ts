// The options in force and how often each limited fault has been used up; patching a fault re-arms it.
import { mergeDeep, type Options, type OptionsInput, parseOptions } from './options.ts';

export type OptionStore = ReturnType<typeof createOptionStore>;

export function createOptionStore(initial: OptionsInput) {
  let raw: unknown = initial;
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
      return current;
    },
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
    },
  };
}

function rearm(uses: Map<string, number>, key: string): void {
  for (const name of uses.keys()) if (name === key || name.startsWith(`${key}/`)) uses.delete(name);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
