// One request in the emulator, as handlers see it.
import type { IncomingMessage } from 'node:http';
import type { JournalEntry } from '../world/journal.ts';
import type { World } from '../world/world.ts';
import type { Json } from './json.ts';
import type { Reply } from './reply.ts';
import type { Route, RouteName } from './routes.ts';

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

/** A provider that shares OpenAI's API, with differences. */
export interface Flavour {
  /** What its paths begin with, before `/v1`. */
  readonly prefix: string;
  /** The path at OpenAI that this one stands for; of an unknown path, any that OpenAI does not have. */
  readonly toPath: (path: string, query: URLSearchParams) => string;
  /** The `purpose` of a requests file; empty where files have none. */
  readonly purpose: string;
  /** How long an upload is kept that was sent with these fields; null if until it is deleted. Default: as at OpenAI. */
  readonly uploadTtlMs?: (fields: ReadonlyMap<string, string>) => number | null;
  /** Its request lines have a custom id and a body, and nothing else. */
  readonly bareLines?: true;
  /** Calls that it serves itself. */
  readonly handlers?: Readonly<Partial<Record<RouteName, Handler>>>;
  /** Its form of what OpenAI would reply to this call. */
  readonly reshape: (route: RouteName, body: Json, call: Call) => unknown;
  /** Its form of OpenAI's error object. Default: under `error`, as at OpenAI. */
  readonly refusal?: (error: Json) => unknown;
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
