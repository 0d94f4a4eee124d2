// What the emulator remembers of a request body: its identity for the billing ledger and its size for usage.
// Top-level key order, service tier and custom id do not change the identity, so one row is recognised in any lane.
import { type Hash, hashText } from './hash.ts';
import { type Json, textOf } from './json.ts';
import { schemaOf } from './schema.ts';
import { readSentinel, type Sentinel } from './sentinel.ts';

export type CacheLife = 'none' | '5m' | '1h';
export type BodyFacts = {
  hash: Hash;
  model: string;
  tokens: number;
  cachedTokens: number;
  cacheLife: CacheLife;
  wantsSchema: boolean;
  sentinel: Sentinel | null;
};

const charsPerToken = 4;

export function bodyFacts(body: Json): BodyFacts {
  const hash = { hi: 0, lo: 0 };
  let chars = 0;
  let sentinel: Sentinel | null = null;
  let cacheLife: CacheLife = 'none';
  for (const key in body) {
    if (key === 'service_tier' || key === 'stream') continue;
    const text = `${key}:${JSON.stringify(body[key])}`;
    const part = hashText(text);
    hash.hi = (hash.hi + part.hi) | 0;
    hash.lo = (hash.lo + part.lo) | 0;
    chars += text.length;
    if (text.includes('[[')) sentinel ??= readSentinel(text);
    if (text.includes('"cache_control":{')) cacheLife = text.includes('"ttl":"1h"') ? '1h' : '5m';
  }
  const tokens = Math.ceil(chars / charsPerToken);
  const cachedTokens = cacheLife === 'none' ? 0 : Math.min(tokens, cachedPrefixTokens(body));
  return {
    hash,
    model: textOf(body.model),
    tokens,
    cachedTokens,
    cacheLife,
    wantsSchema: schemaOf(body) !== null,
    sentinel,
  };
}

/** Vendors cache everything up to the last breakpoint, in the order tools, system, messages. */
function cachedPrefixTokens({ tools, system, messages }: Json): number {
  const text = JSON.stringify([tools ?? null, system ?? null, messages ?? null]);
  return Math.ceil(text.lastIndexOf('"cache_control"') / charsPerToken);
}
