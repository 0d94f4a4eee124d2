// Removes uploads whose time is over, and what killed gateways left: unfinished files, and contents that never got a record.

import { readUuidTime } from '../access/ids.ts';
import { readContentUuid } from '../batches/places.ts';
import type { OpenaiParts } from './parts.ts';

/** Since it expired, no batch is made of a file; one that was asked for just before is recorded by now. */
const expiredMs = 3_600_000;
/** No upload takes so long: the gateway that began it is dead. */
const deadMs = 24 * 3_600_000;

type SweepParts = Pick<OpenaiParts, 'store' | 'places' | 'files' | 'batches' | 'config' | 'now'>;

/** Of all tenants that have a token. */
export async function sweepUploads(parts: SweepParts): Promise<void> {
  const tenants = new Set([null, ...parts.config.tokens.map(({ tenant }) => (tenant === '*' ? null : tenant))]);
  for (const tenant of tenants) await sweepTenant(parts, tenant);
}

async function sweepTenant(parts: SweepParts, tenant: string | null): Promise<void> {
  const { store, places, files, batches, now } = parts;
  for (const folder of [places.uploads(tenant), places.allLines(tenant)]) {
    await store.sweep(folder, { before: now() - deadMs });
  }
  for await (const { uri } of store.list(places.uploads(tenant))) {
    const uuid = readContentUuid(uri);
    if (uuid === null || !(await isOver(parts, tenant, uuid)) || (await batches.isInUse(tenant, uuid))) continue;
    await files.remove(tenant, uuid);
  }
}

async function isOver({ files, now }: SweepParts, tenant: string | null, uuid: string): Promise<boolean> {
  const record = await files.findKept(tenant, uuid);
  // The record is written last: a content without one is what was left of an upload or of a removal.
  if (record === null) return readUuidTime(uuid) < now() - deadMs;
  return record.expiresAt !== null && record.expiresAt < now() - expiredMs;
}
