// `GET /api/jobs/:id/events`: a job's events as they come, from the first one or after `Last-Event-ID`.

import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { requireScope } from '../access/authenticate.ts';
import { toOwnId } from '../access/tenants.ts';
import { GatewayError } from '../errors.ts';
import type { GatewayEnv, GatewayParts } from '../parts.ts';
import { type Cursor, endOfEvents, latestEvents, parseCursor } from './cursor.ts';
import { EventWriter, ReaderGone } from './event-writer.ts';
import { Feeds } from './feeds.ts';
import { followEvents } from './follow.ts';
import { Turns } from './turns.ts';

/** A gateway that drains gives its readers so long to take what was written for them. */
const lastMs = 2000;

export function makeEventRoutes(parts: GatewayParts): Hono<GatewayEnv> {
  const { jobs, store, config, draining, log } = parts;
  const feeds = new Feeds(jobs, draining);
  const turns = new Turns();
  const writers = new Set<EventWriter>();
  draining.addEventListener('abort', () => {
    setTimeout(() => writers.forEach((writer) => void writer.cutOff()), lastMs).unref();
  });
  const routes = new Hono<GatewayEnv>();
  routes.get('/:id/events', requireScope('read'), async (context) => {
    const id = toOwnId(context.get('caller'), context.req.param('id'));
    const last = context.req.header('last-event-id') ?? context.req.query('after');
    // A browser takes this as the end; it would come back after any other answer.
    if (last === endOfEvents) return context.body(null, 204);
    const after = readCursor(last);
    const { feed, leave } = feeds.join(id);
    const { heartbeatSeconds, writeSeconds } = config.limits;
    const writer = new EventWriter(context.env.outgoing, {
      heartbeatMs: heartbeatSeconds * 1000,
      writeMs: writeSeconds * 1000,
    });
    writers.add(writer);
    try {
      await feed.opened;
      await writer.open();
      const withItems = context.req.query('items') !== 'false';
      await followEvents({ feed, store, writer, turns }, { after, withItems, draining });
      await writer.end();
    } catch (error) {
      if (!context.env.outgoing.headersSent) throw error;
      if (!(error instanceof ReaderGone)) log({ event: 'events_failed', error });
      // The reader comes back after a cut, and continues after its last event.
      context.env.outgoing.destroy();
    } finally {
      writers.delete(writer);
      leave();
    }
    return RESPONSE_ALREADY_SENT;
  });
  return routes;
}

function readCursor(text: string | undefined): Cursor | typeof latestEvents | null {
  if (text === undefined || text === '') return null;
  if (text === latestEvents) return latestEvents;
  const cursor = parseCursor(text);
  if (cursor === null) {
    throw new GatewayError(
      'bad_request',
      'Last-Event-ID: not an id of an event; leave it out to begin with the first',
      {
        field: 'Last-Event-ID',
      },
    );
  }
  return cursor;
}
