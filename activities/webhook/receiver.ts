// Decides to which address a message may be sent: none in a private network, unless its host is allowed. The address that was checked is the one
// that is used, so that a name cannot lead elsewhere a moment later.

import { BlockList, isIP } from 'node:net';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export type ResolveHost = (host: string) => Promise<readonly ResolvedAddress[]>;

/** The message did not get to the receiver: why, in words for a person. */
export class NotReached extends Error {
  override readonly name = 'NotReached';
}

const notPublic = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  // Looks public, but is answered by the host of a virtual machine in some clouds.
  ['168.63.129.16', 32],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  notPublic.addSubnet(net, bits, 'ipv4');
}
// Only 2000::/3 is given out to the public internet. Within it, 2001::/23 is for protocols, 2002::/16 holds addresses of version 4, and two are for
// documents.
const isPublicV6 = new BlockList();
isPublicV6.addSubnet('2000::', 3, 'ipv6');
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  notPublic.addSubnet(net, bits, 'ipv6');
}

export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !notPublic.check(address, 'ipv4');
  return isIP(address) === 6 && isPublicV6.check(address, 'ipv6') && !notPublic.check(address, 'ipv6');
}

/** `allowed` hosts may be anywhere. */
export async function chooseAddress(
  url: URL,
  resolve: ResolveHost,
  allowed: ReadonlySet<string>,
): Promise<ResolvedAddress> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  const addresses = family === 0 ? await lookUp(host, resolve) : [{ address: host, family }];
  const [first] = addresses;
  if (first === undefined) throw new NotReached(`${host} has no address`);
  // One public address among private ones would let a name choose.
  if (allowed.has(host) || addresses.every(({ address }) => isPublicAddress(address))) return first;
  throw new NotReached(
    `${host} is in a private network: allow it in NIGHTSHIFT_WEBHOOK_HOSTS, or give another address`,
  );
}

/** A name that is not found now may be found later: its message is tried again, and is given up in the end. */
async function lookUp(host: string, resolve: ResolveHost): Promise<readonly ResolvedAddress[]> {
  try {
    return await resolve(host);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    throw new NotReached(`${host} cannot be looked up${code}`);
  }
}
