// Removes uploads whose time is over, and what killed gateways left: unfinished files, and contents that never got a record.

import { createOrRead } from '../../../job-folder/job-file.ts';
import { readUuidTime } from '../access/ids.ts';
import { readContentUuid, readTenant } from '../batches/places.ts';
import type { OpenaiParts } from './parts.ts';

/** Since it expired, no batch is made of a file; one that was asked for just before is recorded by now. */
const expiredMs = 3_600_000;
/** No upload takes so long: the gateway that began it is dead. */
const deadMs = 24 * 3_600_000;

type SweepParts = Pick<OpenaiParts, 'store' | 'places' | 'files' | 'batches' | 'config' | 'now'>;

/** Of all tenants that have a token, and of those that had one under a gateway before. */
export async function sweepUploads(parts: SweepParts): Promise<void> {
  const { store, places, config } = parts;
  for (const tenant of new Set(config.tokens.map((token) => token.tenant))) {
    if (tenant !== '*') await createOrRead(store, places.tenantMark(tenant), {});
  }
  const tenants: string[] = [];
  for await (const { uri } of store.list(places.tenants)) tenants.push(readTenant(uri) ?? '');
  for (const tenant of [null, ...tenants.filter((name) => name !== '')]) await sweepTenant(parts, tenant);
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
