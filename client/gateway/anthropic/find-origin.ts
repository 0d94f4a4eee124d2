// The address by which a caller reaches the gateway: the SDK goes there with its token, so nobody else may choose it.

import type { HonoRequest } from 'hono';
import type { GatewayConfig } from '../config.ts';

/** Without a path or a user, which a header might bring along. */
const hostForm = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i;

/** The configured address; otherwise that of the connection, or what the proxy says if it is trusted. */
export function findOrigin(
  request: Pick<HonoRequest, 'url' | 'header'>,
  { publicUrl, trustProxy }: Pick<GatewayConfig, 'publicUrl' | 'trustProxy'>,
): string {
  if (publicUrl !== undefined) return publicUrl;
  const own = new URL(request.url);
  if (!trustProxy) return own.origin;
  const protocol = readFirst(request.header('x-forwarded-proto'));
  const host = readFirst(request.header('x-forwarded-host'));
  const scheme = protocol === 'http' || protocol === 'https' ? protocol : own.protocol.slice(0, -1);
  return `${scheme}://${hostForm.test(host) ? host : own.host}`;
}

/** Each proxy on the way adds its own. */
const readFirst = (list: string | undefined): string => (list?.split(',')[0] ?? '').trim();
