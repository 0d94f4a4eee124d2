// Where a text stops being JSON, in words of our own: V8's messages quote the text they choke on.

/** Says where, for a text that `JSON.parse` refuses. */
export function jsonFault(text: string): string {
  const message = describeFault(text);
  // Only a message's end is certainly V8's own: what comes before it may be a quotation.
  const position = /JSON at position (\d+)(?: \(line \d+ column \d+\))?$/.exec(message)?.[1];
  if (position !== undefined) return `at character ${Number(position) + 1}`;
  return isTokenFault(message) ? `at character ${shortestFault(text)}` : 'since it ends too early';
}

/** V8 tells no position of an unexpected token, but every text cut before it lacks an end instead. */
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
