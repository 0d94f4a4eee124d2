// Everything the emulator remembers between two calls.
import { mkdirSync, rmSync } from 'node:fs';
import type { Failures } from '../answers/outcome.ts';
import type { OptionStore } from '../faults/option-store.ts';
import type { Bucket } from '../limits/bucket.ts';
import { createRates, type Rates } from '../limits/rates.ts';
import type { RouteName, Vendor } from '../server/routes.ts';
import type { FactLog } from '../state/facts.ts';
import type { Batch, Scan } from './batch.ts';
import type { Clock } from './clock.ts';
import { hashParts, hex8, hex16 } from './hash.ts';
import { createLedger, type Ledger } from './ledger.ts';

/** An upload in pieces that is not whole yet. */
export interface OpenUpload {
  id: string;
  tenant: string;
  filename: string;
  path: string;
  bytes: number;
}

/** Of what a batch leaves; only OpenAI's has a second part. */
export type Part = 'output' | 'error';

export interface Foreign extends Pick<Batch, 'id' | 'createdAtMs'> {
  kind: 'foreign';
  number: number;
  items: number;
  /** Null while it is in progress. */
  endedAtMs: number | null;
  cancelled: boolean;
}

export type FileSource =
  | { kind: 'disk'; path: string }
  | { kind: 'result'; batch: Batch; part: Part }
  | { kind: 'foreign'; foreign: Foreign };
export interface StoredFile {
  id: string;
  tenant: string;
  filename: string;
  purpose: string;
  /** Null for results, whose size is only known once they have been produced. */
  bytes: number | null;
  createdAtMs: number;
  expiresAtMs: number;
  source: FileSource;
  /** Its lines name endpoints without their version, as an older API does. */
  unversioned?: boolean;
  /** Its lines have a custom id and a body, and nothing else. */
  bare?: boolean;
  scans: Map<string, Promise<Scan>>;
  createsRefused: number;
}

export interface World {
  options: OptionStore;
  clock: Clock;
  dataDir: string;
  /** The address of the server of Google Cloud Storage that holds the buckets; null if there is none. */
  gcsUrl: string | null;
  /** The folder that stands for all buckets: paths in it are uris without a scheme. Null if there is none. */
  bucketsDir: string | null;
  /** What is on disk before a client is notified of it. */
  facts: FactLog;
  /** Called when a batch ends; not for one that had ended before a restart. */
  onEnd: (batch: Batch) => void;
  files: Map<string, StoredFile>;
  uploads: Map<string, OpenUpload>;
  batches: Map<string, Batch>;
  /** Batches of earlier emulators on the same folder that nobody can ask for any more. */
  forgottenBatches: number;
  /** Batches that may still change. */
  active: Set<Batch>;
  /** What a reply says of batches is true of this instant: a later one could be past an end that nobody has dealt with. */
  settledAtMs: number;
  ledger: Ledger;
  failures: Failures;
  lastScan: Promise<unknown>;
  seenPrefixes: Set<string>;
  createTimes: Map<string, number[]>;
  /** What is left of the limits per minute, and how fast clients called. */
  buckets: Map<string, Bucket>;
  rates: Rates;
  /** Calls that met an outage, by route. */
  outageCalls: Map<RouteName, number>;
  rolls: number;
  /** Batches of others, made when a list is first looked at after the switch was thrown. */
  foreign: Map<Vendor, Foreign[]>;
  /** When somebody here cancelled a batch that is not theirs, by its id. */
  foreignCancels: Map<string, number>;
  ids: Map<string, number>;
}

export function createWorld(options: OptionStore, clock: Clock, dataDir: string, facts: FactLog): World {
  const onEnd = () => undefined;
  return { options, clock, dataDir, gcsUrl: null, bucketsDir: null, facts, onEnd, ...emptyState() };
}

export function resetWorld(world: World): void {
  world.options.reset();
  Object.assign(world, emptyState());
  world.facts.clear();
  rmSync(world.dataDir, { recursive: true, force: true });
  mkdirSync(world.dataDir, { recursive: true });
}

/** The number of the next batch: batches count from 1, all vendors together. */
export const nextOrdinal = ({ batches, forgottenBatches }: World): number => batches.size + forgottenBatches + 1;

export function newId(world: World, prefix: string): string {
  const ordinal = (world.ids.get(prefix) ?? 0) + 1;
  world.ids.set(prefix, ordinal);
  return prefix + hex16(hashParts(world.options.current.seed, prefix, ordinal)) + hex8(ordinal);
}

function emptyState() {
  return {
    files: new Map<string, StoredFile>(),
    uploads: new Map<string, OpenUpload>(),
    batches: new Map<string, Batch>(),
    forgottenBatches: 0,
    active: new Set<Batch>(),
    settledAtMs: 0,
    ledger: createLedger(),
    failures: new Map<string, number>(),
    lastScan: Promise.resolve(),
    seenPrefixes: new Set<string>(),
    createTimes: new Map<string, number[]>(),
    buckets: new Map<string, Bucket>(),
    rates: createRates(),
    outageCalls: new Map<RouteName, number>(),
    rolls: 0,
    foreign: new Map<Vendor, Foreign[]>(),
    foreignCancels: new Map<string, number>(),
    ids: new Map<string, number>(),
  };
}
