// Reads server-sent events of a response, as a browser would.

export interface ReadEvent {
  readonly id: string | null;
  readonly event: string;
  readonly data: {
    readonly number?: number;
    readonly batch?: number;
    /** The last place of a chunk. */
    readonly to?: number;
    readonly row?: number;
    readonly status?: string;
    readonly sameAs?: number;
    readonly state?: string;
  };
}

/** Ends when the response ends. A cut throws. */
async function* readEvents(response: Response): AsyncGenerator<ReadEvent> {
  if (response.body === null) return;
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const parts = text.split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) {
      const fields = new Map(part.split('\n').map((line) => splitAt(line, line.indexOf(':'))));
      const event = fields.get('event');
      if (event === undefined) continue;
      yield { event, id: fields.get('id') ?? null, data: JSON.parse(fields.get('data') ?? '{}') };
    }
  }
}

const splitAt = (line: string, at: number): [string, string] => [line.slice(0, at), line.slice(at + 1).trim()];

export async function collectEvents(response: Response): Promise<readonly ReadEvent[]> {
  return readUntil(response, () => false);
}

/** Reads until an event is what is wanted, and leaves. */
export async function readUntil(
  response: Response,
  isLast: (event: ReadEvent) => boolean,
): Promise<readonly ReadEvent[]> {
  const seen: ReadEvent[] = [];
  for await (const event of readEvents(response)) {
    seen.push(event);
    if (isLast(event)) break;
  }
  return seen;
}
