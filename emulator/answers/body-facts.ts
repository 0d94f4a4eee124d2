// Summarizes a request body: its identity for the billing ledger and its size for usage.
// Top-level key order, service tier and custom id do not change the identity, so one row is recognised in any lane.

import { readSentinel, type Sentinel } from '../faults/sentinel.ts';
import { asObject, asText, isObject, type Json } from '../server/json.ts';
import { type Hash, hashScratch, scratchByte, scratchText } from '../world/hash.ts';
import { findSchema } from './schema.ts';

export type CacheLife = 'none' | '5m' | '1h';
export interface BodyFacts {
  hash: Hash;
  model: string;
  tokens: number;
  cachedTokens: number;
  cacheLife: CacheLife;
  wantsSchema: boolean;
  sentinel: Sentinel | null;
}

const charsPerToken = 4;

interface Walk {
  chars: number;
  cacheLife: CacheLife;
  sentinel: Sentinel | null;
}

export function bodyFacts(body: Json): BodyFacts {
  const hash = { hi: 0, lo: 0 };
  const walk: Walk = { chars: 0, cacheLife: 'none', sentinel: null };
  for (const key in body) {
    if (key === 'service_tier' || key === 'stream') continue;
    const part = hashScratch(writeValue(body[key], writeText(key, 0, walk), walk));
    hash.hi = (hash.hi + part.hi) | 0;
    hash.lo = (hash.lo + part.lo) | 0;
  }
  const { cacheLife, sentinel } = walk;
  const tokens = Math.ceil(walk.chars / charsPerToken);
  const cachedTokens = cacheLife === 'none' ? 0 : Math.min(tokens, cachedPrefixTokens(body));
  const wantsSchema = findSchema(body) !== null;
  return { hash, model: asText(body.model), tokens, cachedTokens, cacheLife, wantsSchema, sentinel };
}

/** The most output that the request allows, or 0 if it names no limit. */
export function countMaxOutput({
  max_completion_tokens,
  max_output_tokens,
  max_tokens,
  generationConfig,
  inferenceConfig,
}: Json): number {
  const { maxOutputTokens } = asObject(generationConfig);
  const { maxTokens } = asObject(inferenceConfig);
  const named = [max_completion_tokens, max_output_tokens, max_tokens, maxOutputTokens, maxTokens].find(
    (value) => typeof value === 'number',
  );
  return named ?? 0;
}

// One tag byte before each value keeps different structures from hashing alike; cheaper than stringifying the body.
const tags = { text: 1, other: 2, list: 3, object: 4, end: 5 };

function writeValue(value: unknown, at: number, walk: Walk): number {
  if (typeof value === 'string') return writeText(value, at, walk);
  if (Array.isArray(value)) {
    let next = scratchByte(at, tags.list);
    for (const element of value) next = writeValue(element, next, walk);
    return scratchByte(next, tags.end);
  }
  if (isObject(value)) return writeObject(value, at, walk);
  const text = String(value);
  walk.chars += text.length;
  return scratchText(scratchByte(at, tags.other), text);
}

function writeObject(value: Json, at: number, walk: Walk): number {
  let next = scratchByte(at, tags.object);
  for (const key in value) {
    next = writeValue(value[key], writeText(key, next, walk), walk);
    if (key === 'cache_control') walk.cacheLife = asObject(value[key]).ttl === '1h' ? '1h' : '5m';
  }
  return scratchByte(next, tags.end);
}

function writeText(text: string, at: number, walk: Walk): number {
  walk.chars += text.length;
  if (walk.sentinel === null && text.includes('[[')) walk.sentinel = readSentinel(text);
  return scratchText(scratchByte(at, tags.text), text);
}

/** Vendors cache everything up to the last breakpoint, in the order tools, system, messages. */
function cachedPrefixTokens({ tools, system, messages }: Json): number {
  const text = JSON.stringify([tools ?? null, system ?? null, messages ?? null]);
  return Math.ceil(text.lastIndexOf('"cache_control"') / charsPerToken);
}
