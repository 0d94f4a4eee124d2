// Finds the elements of the top-level "requests" array in a JSON body that arrives in pieces, without holding the
// body: only the element being read is kept. Strings are skipped by searching for their closing quote natively.
const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const spaceMax = 0x20;
const comma = 0x2c;

const notJson = 'The request body is not valid JSON.';
/** The body's object is at depth 1, the elements of the array are at depth 2. */
const elementDepth = 2;

export interface Splitter {
  push(chunk: Buffer): void;
  /** Null if the body was one complete object with a "requests" array, else the problem. */
  end(): string | null;
}

export function createSplitter(field: string, visit: (element: Buffer) => void): Splitter {
  const text = new StringScan();
  const nesting = new Nesting(field);
  let element: Buffer[] = [];
  let inElement = false;

  function push(chunk: Buffer): void {
    let from = 0;
    let at = 0;
    while (at < chunk.length && nesting.broken === null) {
      if (text.isOpen) {
        const end = text.skip(chunk, at);
        nesting.addToKey(chunk.subarray(at, end));
        at = end;
        continue;
      }
      const byte = chunk[at] ?? 0;
      if (!inElement && nesting.beginsElement(byte)) {
        inElement = true;
        from = at;
      }
      if (byte === quote) text.open();
      nesting.step(byte);
      at += 1;
      if (inElement && nesting.depth === elementDepth) {
        element.push(chunk.subarray(from, at));
        finishElement();
      }
    }
    if (inElement) element.push(Buffer.from(chunk.subarray(from)));
  }

  function finishElement(): void {
    const [only] = element;
    visit(element.length === 1 && only !== undefined ? only : Buffer.concat(element));
    element = [];
    inElement = false;
  }

  return { push, end: () => nesting.broken ?? (text.isOpen ? notJson : nesting.end()) };
}

/** The string that is being read, if any. A chunk may end anywhere in it, also between a backslash and the character it escapes. */
class StringScan {
  isOpen = false;
  #oddBackslashes = false;

  open(): void {
    this.isOpen = true;
    this.#oddBackslashes = false;
  }

  /** The position after the closing quote, or the end of the chunk. */
  skip(chunk: Buffer, start: number): number {
    let at = start;
    while (true) {
      const found = chunk.indexOf(quote, at);
      const end = found < 0 ? chunk.length : found;
      let slashes = 0;
      while (end - slashes > at && chunk[end - slashes - 1] === backslash) slashes += 1;
      const carried = end - slashes === at && this.#oddBackslashes ? 1 : 0;
      this.#oddBackslashes = (slashes + carried) % 2 === 1;
      if (found < 0) return chunk.length;
      if (!this.#oddBackslashes) {
        this.isOpen = false;
        return found + 1;
      }
      this.#oddBackslashes = false;
      at = found + 1;
      if (at === chunk.length) return at;
    }
  }
}

/** The reader's place in the body, between its strings. */
class Nesting {
  depth = 0;
  broken: string | null = null;
  readonly #field: string;
  /** The last string of the body's own object, up to and with its closing quote. */
  #key: Buffer[] = [];
  #keyOpen = false;
  #inArray = false;
  #found = false;

  constructor(field: string) {
    this.#field = field;
  }

  beginsElement(byte: number): boolean {
    if (!this.#inArray || this.depth !== elementDepth) return false;
    if (byte <= spaceMax || byte === comma || byte === closeBracket) return false;
    if (byte !== openBrace) this.broken = `${this.#field}: every element must be an object`;
    return true;
  }

  step(byte: number): void {
    if (byte === quote) {
      this.#keyOpen = this.depth === 1;
      if (this.#keyOpen) this.#key = [];
    } else if (byte === openBrace) {
      this.depth += 1;
    } else if (byte === openBracket) {
      if (this.depth === 1 && Buffer.concat(this.#key).toString('utf8') === `${this.#field}"`) {
        this.#inArray = true;
        this.#found = true;
      }
      this.depth += 1;
    } else if (byte === closeBrace || byte === closeBracket) {
      this.depth -= 1;
      if (this.depth === 1) this.#inArray = false;
      if (this.depth < 0) this.broken = notJson;
    }
  }

  addToKey(part: Buffer): void {
    if (this.#keyOpen) this.#key.push(part);
  }

  end(): string | null {
    if (this.depth !== 0) return notJson;
    return this.#found ? null : `${this.#field}: Field required`;
  }
}
