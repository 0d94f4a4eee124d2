// One request in the emulator, as handlers see it.
import type { IncomingMessage } from 'node:http';
import type { Flavour } from '../openai/flavours.ts';
import type { JournalEntry } from '../world/journal.ts';
import type { World } from '../world/world.ts';
import type { Json } from './json.ts';
import type { Reply } from './reply.ts';
import type { Route } from './routes.ts';

export interface Call {
  route: Route;
  id: string;
  /** The provider with OpenAI's API that was called; null for OpenAI itself. */
  flavour: Flavour | null;
  path: string;
  query: URLSearchParams;
  origin: string;
  tenant: string;
  requestId: string;
  request: IncomingMessage;
  body: Json;
  /** Metadata for the journal; never the words of a request or an answer. */
  entry: JournalEntry;
  /** The texts that a barrier's `match` is searched in. */
  mentions: ((text: string) => boolean)[];
  /** Waits at a `before` barrier; handlers of streamed bodies call it once the body is in. */
  ready: () => Promise<void>;
}

export type Handler = (world: World, call: Call) => Promise<Reply> | Reply;

export function bodySignal(request: IncomingMessage): Promise<void> {
  if (request.complete && request.readableEnded) return Promise.resolve();
  return new Promise((resolve) => {
    request
      .once('end', resolve)
      .once('close', resolve)
      .once('error', () => resolve());
    request.resume();
  });
}
