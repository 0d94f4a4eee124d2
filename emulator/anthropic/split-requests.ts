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

export type Splitter = {
  push(chunk: Buffer): void;
  /** Null when the body was one complete object with a "requests" array, else what is wrong with it. */
  end(): string | null;
};

export function createSplitter(field: string, visit: (element: Buffer) => void): Splitter {
  let depth = 0;
  let inString = false;
  let oddBackslashes = false;
  let key: Buffer[] = [];
  let keyOpen = false;
  let inArray = false;
  let found = false;
  let broken: string | null = null;
  let element: Buffer[] = [];
  let inElement = false;

  function push(chunk: Buffer): void {
    let from = 0;
    let at = 0;
    while (at < chunk.length && broken === null) {
      if (inString) {
        const end = skipString(chunk, at);
        if (keyOpen) key.push(chunk.subarray(at, end));
        at = end;
        continue;
      }
      const byte = chunk[at] ?? 0;
      if (inArray && depth === 2 && !inElement && byte > spaceMax && byte !== comma && byte !== closeBracket) {
        if (byte !== openBrace) broken = `${field}: every element must be an object`;
        inElement = true;
        from = at;
      }
      step(byte);
      at += 1;
      if (inElement && depth === 2) {
        element.push(chunk.subarray(from, at));
        finishElement();
      }
    }
    if (inElement) element.push(Buffer.from(chunk.subarray(from)));
  }

  /** The position after the closing quote, or the end of the chunk. */
  function skipString(chunk: Buffer, start: number): number {
    let at = start;
    while (true) {
      const found = chunk.indexOf(quote, at);
      const end = found < 0 ? chunk.length : found;
      let slashes = 0;
      while (end - slashes > at && chunk[end - slashes - 1] === backslash) slashes += 1;
      const carried = end - slashes === at && oddBackslashes ? 1 : 0;
      oddBackslashes = (slashes + carried) % 2 === 1;
      if (found < 0) return chunk.length;
      if (!oddBackslashes) {
        inString = false;
        return found + 1;
      }
      oddBackslashes = false;
      at = found + 1;
      if (at === chunk.length) return at;
    }
  }

  function step(byte: number): void {
    if (byte === quote) {
      inString = true;
      oddBackslashes = false;
      keyOpen = depth === 1;
      if (keyOpen) key = [];
    } else if (byte === openBrace) {
      depth += 1;
    } else if (byte === openBracket) {
      if (depth === 1 && Buffer.concat(key).toString('utf8') === `${field}"`) {
        inArray = true;
        found = true;
      }
      depth += 1;
    } else if (byte === closeBrace || byte === closeBracket) {
      depth -= 1;
      if (depth === 1) inArray = false;
      if (depth < 0) broken = 'The request body is not valid JSON.';
    }
  }

  function finishElement(): void {
    const [only] = element;
    visit(element.length === 1 && only !== undefined ? only : Buffer.concat(element));
    element = [];
    inElement = false;
  }

  return {
    push,
    end() {
      if (broken !== null) return broken;
      if (depth !== 0 || inString) return 'The request body is not valid JSON.';
      return found ? null : `${field}: Field required`;
    },
  };
}
