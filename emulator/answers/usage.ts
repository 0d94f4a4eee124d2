// Whether an answer states its usage. Seed and body decide which answers do not, so it is the same in both lanes.
import type { Options } from '../faults/options.ts';
import { type Hash, roll } from '../world/hash.ts';
import type { Lane } from '../world/ledger.ts';
import type { Item } from './answer.ts';

export function lacksUsage(hash: Hash, lane: Lane, { usage, seed }: Options): boolean {
  if (usage.missing === 0 || (usage.lane !== 'both' && usage.lane !== lane)) return false;
  return roll(hash, seed, 9) < usage.missing;
}

const values = { null: 'null', empty: '{}' };

/** The JSON member of an answer that states its usage, with the comma before it. */
export function usageMember({ hash, inBatch }: Item, options: Options, usage: string, name = 'usage'): string {
  const member = (value: string): string => `,"${name}":${value}`;
  if (!lacksUsage(hash, inBatch ? 'batch' : 'sync', options)) return member(usage);
  return options.usage.as === 'absent' ? '' : member(values[options.usage.as]);
}
