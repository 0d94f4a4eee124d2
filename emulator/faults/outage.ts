// Outages: for some time, calls fail before they are examined, whatever key they have.
import type { ServerResponse } from 'node:http';
import { bodySignal, type Call } from '../server/call.ts';
import { type Problem, problemReply } from '../server/reply.ts';
import { groupOf } from '../server/routes.ts';
import { closed } from '../server/send.ts';
import type { World } from '../world/world.ts';
import type { Outage } from './outage-options.ts';
import { isDuring } from './span.ts';

/** The outage that affects this call, if any; the outage counts the call. */
export function meetOutage(world: World, { route }: Call): Outage | null {
  const { outage: given = [] } = world.options.current;
  const sinceMs = world.options.sinceMs('outage');
  const nowMs = world.clock.now();
  const isMet = ({ calls, vendor, ...span }: Outage) =>
    isDuring(span, sinceMs, nowMs) &&
    (vendor === undefined || vendor === route.vendor) &&
    [calls].flat().some((name) => name === '*' || name === route.name || name === groupOf(route.name));
  const met = [given].flat().find(isMet);
  if (met === undefined) return null;
  world.outageCalls.set(route.name, (world.outageCalls.get(route.name) ?? 0) + 1);
  return met;
}

const words: Record<500 | 503, string> = {
  500: 'The server had an error while processing your request. Sorry about that!',
  503: 'The service is temporarily unavailable. Please try again later.',
};

export async function failCall({ how }: Outage, call: Call, response: ServerResponse): Promise<void> {
  if (how === 'reset') {
    response.socket?.resetAndDestroy();
  } else if (how === 'close') {
    // Unread bytes would turn the close into a reset.
    await bodySignal(call.request);
    response.socket?.destroy();
  } else if (how === 'timeout') {
    // With an unread body, it would not be noticed that the client has left.
    call.request.resume();
    await closed(response);
  } else {
    await bodySignal(call.request);
    call.entry.status = how;
    answerWith(how, call, response);
  }
}

/** A gateway answers 502 with its own page; the vendor answers the others in its own form. */
function answerWith(status: 500 | 502 | 503, { route, requestId }: Call, response: ServerResponse): void {
  if (status === 502) {
    response.writeHead(status, { 'content-type': 'text/html' }).end('<html><body>502 Bad Gateway</body></html>');
    return;
  }
  const problem: Problem = { status, message: words[status] };
  const { headers, body } = problemReply(route.vendor, problem, requestId, undefined);
  response.writeHead(status, headers).end(body.kind === 'text' ? body.text : '');
}
