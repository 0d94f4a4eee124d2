// One finding of the doctor: what was looked at, its state, and how to fix it.

export interface Finding {
  readonly what: string;
  readonly state: 'ok' | 'warn' | 'bad';
  readonly found: string;
  /** A command, or what to change. */
  readonly fix: string | null;
}

export const ok = (what: string, found: string): Finding => ({ what, state: 'ok', found, fix: null });
export const warn = (what: string, found: string, fix: string): Finding => ({ what, state: 'warn', found, fix });
export const bad = (what: string, found: string, fix: string): Finding => ({ what, state: 'bad', found, fix });
