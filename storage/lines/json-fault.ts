// Says where a text stops being JSON, without V8's own message, because that quotes the text.

/** For a text that `JSON.parse` refuses. */
export function jsonFault(text: string): string {
  const message = describeFault(text);
  // Only the end of a message certainly comes from V8: the rest may quote the text.
  const position = /JSON at position (\d+)(?: \(line \d+ column \d+\))?$/.exec(message)?.[1];
  if (position !== undefined) return `at character ${Number(position) + 1}`;
  return isTokenFault(message) ? `at character ${shortestFault(text)}` : 'since it ends too early';
}

/** V8 gives no position for an unexpected token. A text that is cut before that token ends too early instead, so search for the cut. */
function shortestFault(text: string): number {
  let sound = 0;
  let faulty = text.length;
  while (faulty - sound > 1) {
    const middle = (sound + faulty) >>> 1;
    if (isTokenFault(describeFault(text.slice(0, middle)))) {
      faulty = middle;
    } else {
      sound = middle;
    }
  }
  return faulty;
}

function isTokenFault(message: string): boolean {
  return message.startsWith('Unexpected token');
}

function describeFault(text: string): string {
  try {
    JSON.parse(text);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}
