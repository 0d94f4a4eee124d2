// Recognises an order that is sent again because its answer was lost: it must not run, and be paid, twice.

import { createHash } from 'node:crypto';
import type { HonoRequest } from 'hono';
import { createOrRead } from '../../../job-folder/job-file.ts';
import { writeJson } from '../../../storage/lines/json-lines.ts';
import { readUuidTime } from '../access/ids.ts';
import type { Caller } from '../access/tokens.ts';
import { GatewayError } from '../errors.ts';
import { readUuid } from './places.ts';
import type { BatchParts } from './prepare.ts';
import type { BatchOrder } from './record.ts';

/** What a caller says of its request. */
export interface Sending {
  /** The caller's own name of the order; null if it has none. */
  readonly key: string | null;
  /** The SDK says that it sends the request again. */
  readonly isRepeat: boolean;
}

const keyCharsMax = 256;
/** An SDK that had no answer sends its request again within this time: it waits for ten minutes at most. */
const repeatMs = 30 * 60_000;

export function readSending(req: HonoRequest): Sending {
  const key = req.header('idempotency-key') ?? null;
  if (key !== null && key.length > keyCharsMax) {
    throw new GatewayError('bad_request', `Idempotency-Key: has more than ${keyCharsMax} characters`);
  }
  // The official SDKs count their tries.
  return { key, isRepeat: Number(req.header('x-stainless-retry-count') ?? 0) > 0 };
}

export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 32);

/** Two orders with the same mark ask for the same. */
const markOrder = ({ dialect, endpoint, digest, front }: BatchOrder): string =>
  hashKey(JSON.stringify([dialect, endpoint, digest, front]));

interface Sent extends Sending {
  readonly tenant: Caller['tenant'];
  readonly order: BatchOrder;
  /** For a new batch. */
  readonly own: string;
}

type RepeatParts = Pick<BatchParts, 'store' | 'places' | 'now'>;

/** The batch that an order is, or is to become. Gateways that ask for the same repetition at the same time get the same one. */
export async function findUuid(parts: RepeatParts, { tenant, order, key, isRepeat, own }: Sent): Promise<string> {
  const { store, places } = parts;
  const mark = markOrder(order);
  if (key !== null) {
    const first = await createOrRead(store, places.order(tenant, hashKey(key)), { uuid: own, mark });
    if (first.mark !== mark) throw new GatewayError('conflict', 'Idempotency-Key: was used for another order');
    return first.uuid;
  }
  const uuid = isRepeat ? await findSame(parts, { tenant, mark, own }) : own;
  // Before the record: the gateway that takes the repetition may be faster with it.
  await writeJson(store, places.sameOrder(tenant, mark, uuid), {});
  return uuid;
}

/** Whether a batch was deleted: its marks stay. */
export async function wasRemoved(
  { store, places }: RepeatParts,
  tenant: Sent['tenant'],
  uuid: string,
): Promise<boolean> {
  if ((await store.head(places.mark(tenant, uuid, 'ended'))) === null) return false;
  return (await store.head(places.record(tenant, uuid))) === null;
}

/** The newest batch of the same order, if one is that new. Otherwise the first repetition that comes after the newest one becomes the batch. */
async function findSame(
  parts: RepeatParts,
  { tenant, mark, own }: Pick<Sent, 'tenant' | 'own'> & { readonly mark: string },
): Promise<string> {
  const { store, places, now } = parts;
  const uuids: string[] = [];
  for await (const { uri } of store.list(places.sameOrders(tenant, mark))) uuids.push(readUuid(uri) ?? '');
  const newest = uuids.toSorted().at(-1) ?? '';
  const isNew = newest !== '' && now() - readUuidTime(newest) < repeatMs;
  if (isNew && !(await wasRemoved(parts, tenant, newest))) return newest;
  const place = places.order(tenant, hashKey(`repeat ${mark} ${newest}`));
  const first = await createOrRead(store, place, { uuid: own, mark });
  return first.uuid;
}
