// Whether an answer states its usage. Seed and body decide which answers do not, so it is the same in both lanes.
import type { Options } from '../faults/options.ts';
import { type Hash, roll } from '../world/hash.ts';
import type { Lane } from '../world/ledger.ts';
import type { Item } from './answer.ts';

export function lacksUsage(hash: Hash, lane: Lane, { usage, seed }: Options): boolean {
  if (usage.missing === 0 || (usage.lane !== 'both' && usage.lane !== lane)) return false;
  return roll(hash, seed, 9) < usage.missing;
}

const members = { absent: '', null: ',"usage":null', empty: ',"usage":{}' };

/** The JSON member of an answer that states its usage, with the comma before it. */
export function usageMember({ hash, inBatch }: Item, options: Options, usage: string): string {
  if (!lacksUsage(hash, inBatch ? 'batch' : 'sync', options)) return `,"usage":${usage}`;
  return members[options.usage.as];
}
