// The address by which a caller reaches the gateway. A proxy in front of it says what the caller sees.

import type { HonoRequest } from 'hono';

/** Without a path or a user, which a header might bring along. */
const hostForm = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i;

export function findOrigin(request: Pick<HonoRequest, 'url' | 'header'>): string {
  const own = new URL(request.url);
  const protocol = readFirst(request.header('x-forwarded-proto'));
  const host = readFirst(request.header('x-forwarded-host'));
  const scheme = protocol === 'http' || protocol === 'https' ? protocol : own.protocol.slice(0, -1);
  return `${scheme}://${hostForm.test(host) ? host : own.host}`;
}

/** Each proxy on the way adds its own. */
const readFirst = (list: string | undefined): string => (list?.split(',')[0] ?? '').trim();
