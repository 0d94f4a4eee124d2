// The ids that callers of the fronts are given: opaque, signed, and known only to the tenant that they were made for.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** `output`, `errors` and `input` are files that are made of a batch: they have its uuid. */
export type IdKind = 'batch' | 'file' | 'output' | 'errors' | 'input';

const uuidBytes = 16;
/** 96 bits: nobody guesses one. */
const macBytes = 12;

export class Ids {
  readonly #secret: Buffer;

  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  /** The prefix is the vendor's, and is not signed: a batch has one id in all fronts, but for its prefix. */
  format(prefix: string, kind: IdKind, tenant: string | null, uuid: string): string {
    const bytes = Buffer.concat([toBytes(uuid), this.#sign(kind, tenant, uuid)]);
    return prefix + bytes.toString('base64url');
  }

  /** The uuid; null if the id was not given to this tenant, or was not given at all. */
  parse(id: string, prefix: string, kind: IdKind, tenant: string | null): string | null {
    if (!id.startsWith(prefix)) return null;
    const text = id.slice(prefix.length);
    const bytes = Buffer.from(text, 'base64url');
    // Other spellings decode to the same bytes.
    if (bytes.length !== uuidBytes + macBytes || bytes.toString('base64url') !== text) return null;
    const uuid = toUuid(bytes.subarray(0, uuidBytes));
    return timingSafeEqual(bytes.subarray(uuidBytes), this.#sign(kind, tenant, uuid)) ? uuid : null;
  }

  #sign(kind: IdKind, tenant: string | null, uuid: string): Buffer {
    // An operator has no tenant, and a tenant has no empty name.
    const text = `${kind}|${tenant ?? ''}|${uuid}`;
    return createHmac('sha256', this.#secret).update(text).digest().subarray(0, macBytes);
  }
}

/** Version 7: uuids that were made later sort later, so a folder of them is listed by time. */
export function makeUuid(now: number): string {
  const bytes = randomBytes(uuidBytes);
  bytes.writeUIntBE(now, 0, 6);
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return toUuid(bytes);
}

/** When a uuid was made, in milliseconds. */
export const readUuidTime = (uuid: string): number => toBytes(uuid).readUIntBE(0, 6);

const toBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');

function toUuid(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
