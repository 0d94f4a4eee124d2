// The memory of one batch input: a few numbers per item in typed arrays (about 45 bytes) and the custom ids as bytes,
// so that a million items cost tens of megabytes and results need no second parse of the input.
import type { BodyFacts, CacheLife } from '../answers/body-facts.ts';
import type { Sentinel } from '../faults/sentinel.ts';
import type { Hash } from './hash.ts';

const cacheLives: readonly CacheLife[] = ['none', '5m', '1h'];
const schemaFlag = 4;
const firstCapacity = 256;

export class ItemIndex {
  length = 0;
  tokensTotal = 0;
  offsets = new Uint32Array(firstCapacity);
  sizes = new Uint32Array(firstCapacity);
  hashes = new Int32Array(firstCapacity * 4);
  tokens = new Uint32Array(firstCapacity);
  cachedTokens = new Uint32Array(firstCapacity);
  lives = new Uint8Array(firstCapacity);
  models = new Uint16Array(firstCapacity);
  idEnds = new Uint32Array(firstCapacity);
  ids = Buffer.allocUnsafeSlow(firstCapacity * 16);
  readonly modelNames: string[] = [];
  readonly sentinels = new Map<number, Sentinel>();
  /** Items whose parameters are wrong, with the reason a vendor would give. */
  readonly defects = new Map<number, string>();

  add(customId: string, idHash: Hash, facts: BodyFacts, offset: number, size: number): number {
    const at = this.length;
    if (at === this.offsets.length) this.resize(at * 2);
    this.length = at + 1;
    this.tokensTotal += facts.tokens;
    this.offsets[at] = offset;
    this.sizes[at] = size;
    this.hashes[at * 4] = facts.hash.hi;
    this.hashes[at * 4 + 1] = facts.hash.lo;
    this.hashes[at * 4 + 2] = idHash.hi;
    this.hashes[at * 4 + 3] = idHash.lo;
    this.tokens[at] = facts.tokens;
    this.cachedTokens[at] = facts.cachedTokens;
    this.lives[at] = cacheLives.indexOf(facts.cacheLife) | (facts.wantsSchema ? schemaFlag : 0);
    this.models[at] = this.modelNumber(facts.model);
    this.addId(at, customId);
    if (facts.sentinel !== null) this.sentinels.set(at, facts.sentinel);
    return at;
  }

  customId(at: number): string {
    return this.ids.toString('utf8', this.idStart(at), this.idEnds[at]);
  }

  bodyHash(at: number): Hash {
    return { hi: this.hashes[at * 4] ?? 0, lo: this.hashes[at * 4 + 1] ?? 0 };
  }

  idHash(at: number): Hash {
    return { hi: this.hashes[at * 4 + 2] ?? 0, lo: this.hashes[at * 4 + 3] ?? 0 };
  }

  model(at: number): string {
    return this.modelNames[this.models[at] ?? 0] ?? '';
  }

  cacheLife(at: number): CacheLife {
    return cacheLives[(this.lives[at] ?? 0) & 3] ?? 'none';
  }

  wantsSchema(at: number): boolean {
    return ((this.lives[at] ?? 0) & schemaFlag) !== 0;
  }

  includesId(text: string): boolean {
    const end = this.length === 0 ? 0 : (this.idEnds[this.length - 1] ?? 0);
    return this.ids.subarray(0, end).includes(text);
  }

  /** Gives back the spare capacity once the input has been read. */
  trim(): void {
    this.resize(Math.max(1, this.length));
    const end = this.idEnds[Math.max(0, this.length - 1)] ?? 0;
    this.ids = resizedBytes(this.ids, Math.max(1, end));
  }

  private idStart(at: number): number {
    return at === 0 ? 0 : (this.idEnds[at - 1] ?? 0);
  }

  private modelNumber(name: string): number {
    const last = this.modelNames.length - 1;
    if (this.modelNames[last] === name) return last;
    const known = this.modelNames.indexOf(name);
    return known >= 0 ? known : this.modelNames.push(name) - 1;
  }

  private addId(at: number, customId: string): void {
    const start = this.idStart(at);
    const roomNeeded = start + customId.length * 3;
    if (roomNeeded > this.ids.length) this.ids = resizedBytes(this.ids, Math.max(roomNeeded, this.ids.length * 2));
    this.idEnds[at] = start + this.ids.write(customId, start, 'utf8');
  }

  private resize(capacity: number): void {
    this.offsets = resized(this.offsets, new Uint32Array(capacity));
    this.sizes = resized(this.sizes, new Uint32Array(capacity));
    this.hashes = resized(this.hashes, new Int32Array(capacity * 4));
    this.tokens = resized(this.tokens, new Uint32Array(capacity));
    this.cachedTokens = resized(this.cachedTokens, new Uint32Array(capacity));
    this.lives = resized(this.lives, new Uint8Array(capacity));
    this.models = resized(this.models, new Uint16Array(capacity));
    this.idEnds = resized(this.idEnds, new Uint32Array(capacity));
  }
}

type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array;

function resized<T extends Column>(from: Column, to: T): T {
  to.set(from.subarray(0, Math.min(from.length, to.length)));
  return to;
}

function resizedBytes(from: Buffer, bytes: number) {
  const to = Buffer.allocUnsafeSlow(bytes);
  from.copy(to, 0, 0, Math.min(from.length, bytes));
  return to;
}
