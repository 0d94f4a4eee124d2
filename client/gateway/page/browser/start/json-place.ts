// Where the cursor is in JSON that is still being written: at the name of a field or at a value, and of which field.

export interface Place {
  readonly kind: 'key' | 'value' | 'nowhere';
  /** The fields and places in lists that lead to it. */
  readonly path: readonly (string | number)[];
  /** What was written of it before the cursor. */
  readonly typed: string;
  /** The names that its object has before it. */
  readonly used: ReadonlySet<string>;
  /** The part of the text that it takes up. */
  readonly from: number;
  readonly to: number;
}

/** An object or a list that is still open. */
interface Open {
  readonly isList: boolean;
  readonly used: Set<string>;
  /** Of the value that is next or was last; null before the first name of an object. */
  name: string | number | null;
  /** What is next. */
  next: 'key' | 'colon' | 'value' | 'comma';
}

const string = /"(?:[^"\\\n]|\\.)*("?)/y;
const bare = /[\w.+-]+/y;

/** Reads the text up to the cursor; what is wrong in it is passed over. */
export function findPlace(text: string, cursor: number): Place {
  const opened: Open[] = [];
  for (let at = 0; at < cursor; ) {
    const token = readToken(text, at);
    if (token === null) {
      readMark(opened, text[at] ?? '');
      at += 1;
      continue;
    }
    const isWithin = cursor > at && (cursor < token.end || (cursor === token.end && !token.isClosed));
    if (isWithin) {
      const typed = text.slice(at, cursor).replace(/^"/, '');
      return describePlace(opened, typed, at, token.isClosed ? token.end : cursor);
    }
    takeToken(opened, text.slice(at, token.end));
    at = token.end;
  }
  return describePlace(opened, '', cursor, cursor);
}

/** Null where a single character stands for itself. A bare word ends where another character comes, so it is never closed. */
function readToken(text: string, at: number): { readonly end: number; readonly isClosed: boolean } | null {
  for (const form of [string, bare]) {
    form.lastIndex = at;
    const match = form.exec(text);
    if (match !== null) return { end: at + match[0].length, isClosed: match[1] === '"' };
  }
  return null;
}

function readMark(opened: Open[], mark: string): void {
  const last = opened.at(-1);
  if (mark === '{') opened.push({ isList: false, used: new Set(), name: null, next: 'key' });
  if (mark === '[') opened.push({ isList: true, used: new Set(), name: 0, next: 'value' });
  if (mark === '}' || mark === ']') {
    opened.pop();
    const outer = opened.at(-1);
    if (outer !== undefined) outer.next = 'comma';
  }
  if (last === undefined) return;
  if (mark === ':') last.next = 'value';
  if (mark === ',') {
    last.next = last.isList ? 'value' : 'key';
    if (typeof last.name === 'number') last.name += 1;
  }
}

function takeToken(opened: readonly Open[], token: string): void {
  const last = opened.at(-1);
  if (last === undefined) return;
  if (last.next !== 'key') {
    last.next = 'comma';
    return;
  }
  last.name = parseName(token);
  last.used.add(last.name);
  last.next = 'colon';
}

function parseName(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch {
    return token.replaceAll('"', '');
  }
}

function describePlace(opened: readonly Open[], typed: string, from: number, to: number): Place {
  const last = opened.at(-1);
  const isOpen = last !== undefined && (last.next === 'key' || last.next === 'value');
  const kind = isOpen ? (last.next as 'key' | 'value') : 'nowhere';
  // The name of the innermost one belongs to the path only where its value is next.
  const names = opened.map(({ name }) => name).filter((name) => name !== null);
  const path = kind === 'key' ? opened.slice(0, -1).flatMap(({ name }) => name ?? []) : names;
  return { kind, path, typed, used: last?.used ?? new Set(), from, to };
}
