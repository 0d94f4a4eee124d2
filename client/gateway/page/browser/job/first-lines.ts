// Reads the first lines of a file, and leaves the rest of it at the gateway.

export interface FirstLines {
  readonly lines: readonly string[];
  /** Whether the file has no more. */
  readonly isWhole: boolean;
}

/** Beyond it, no further line is begun. */
const charactersMax = 4_000_000;
/** A single line that is longer is not shown. */
const lineMax = 16_000_000;

export async function readFirstLines({ body }: Pick<Response, 'body'>, most: number): Promise<FirstLines> {
  if (body === null) return { lines: [], isWhole: true };
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const lines: string[] = [];
  let read = 0;
  let parts: string[] = [];
  let begun = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { lines: [...lines, parts.join('')].filter((line) => line !== ''), isWhole: true };
      read += value.length;
      parts.push(value);
      begun += value.length;
      if (value.includes('\n')) {
        const pieces = parts.join('').split('\n');
        const rest = pieces.pop() ?? '';
        parts = [rest];
        begun = rest.length;
        lines.push(...pieces.filter((line) => line !== ''));
      }
      // One line more shows that there is more.
      const isFull = lines.length > most || (lines.length > 0 && read > charactersMax) || begun > lineMax;
      if (isFull) return { lines: lines.slice(0, most), isWhole: false };
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
