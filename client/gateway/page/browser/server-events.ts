// Reads server-sent events of a response. A browser's own EventSource cannot send a token.

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
  /** Null: the event has no place in the order. */
  readonly id: string | null;
}

/** Ends when the response ends, and throws if it is cut. */
export async function* readEvents(response: Response): AsyncGenerator<ServerEvent> {
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let parts: string[] = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      // An event may have many megabytes, and comes in many chunks: they are joined only where one ends.
      parts.push(value);
      if (!value.includes('\n')) continue;
      const blocks = parts.join('').split('\n\n');
      parts = [blocks.pop() ?? ''];
      for (const block of blocks) {
        const event = parseEvent(block);
        if (event !== null) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Null for a comment, and for what sets only the time of a retry. */
function parseEvent(block: string): ServerEvent | null {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const at = line.indexOf(':');
    const name = line.slice(0, at);
    const value = line.slice(at + 1).replace(/^ /, '');
    const earlier = fields.get(name);
    if (at > 0) fields.set(name, earlier === undefined ? value : `${earlier}\n${value}`);
  }
  const data = fields.get('data');
  return data === undefined ? null : { event: fields.get('event') ?? 'message', data, id: fields.get('id') ?? null };
}
