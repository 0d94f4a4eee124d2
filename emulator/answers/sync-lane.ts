// Executes one synchronous request with the same fate, answer and billing as an item of a batch.
import { setTimeout as delay } from 'node:timers/promises';
import type { Call } from '../server/call.ts';
import { type Problem, Refused } from '../server/reply.ts';
import { seconds } from '../world/clock.ts';
import { type Hash, hex16 } from '../world/hash.ts';
import type { Ledger } from '../world/ledger.ts';
import type { World } from '../world/world.ts';
import type { Item } from './answer.ts';
import { type BodyFacts, bodyFacts } from './body-facts.ts';
import { decideOutcome, isBilled, isError, type Outcome, outcomes } from './outcome.ts';
import { lacksUsage } from './usage.ts';

type ToProblem = (outcome: Outcome, defect: undefined, told: number | null) => Problem;

export async function runSync(world: World, { body }: Call, toProblem: ToProblem): Promise<Item> {
  const facts = bodyFacts(body);
  const { hash, sentinel } = facts;
  if (sentinel !== null && sentinel.slowMs > 0) await delay(sentinel.slowMs);
  const subject = { lane: 'sync', body: hash, fate: hash, sentinel, defect: false, allFailed: false } as const;
  const options = world.options.current;
  const outcome = decideOutcome(subject, options, world.failures);
  const withoutUsage = lacksUsage(hash, 'sync', options);
  world.facts.record({ kind: 'single', atMs: world.clock.now(), body: hex16(hash), outcome, withoutUsage });
  billSingle(world.ledger, hash, outcome, withoutUsage);
  if (isError(outcome)) throw new Refused(toProblem(outcome, undefined, sentinel?.fail ?? null));
  return {
    ...facts,
    createdS: seconds(world.clock.now()),
    cacheWrite: writesCache(world, facts),
    outcome,
    inBatch: false,
    body: () => body,
  };
}

export function billSingle(ledger: Ledger, hash: Hash, outcome: number, withoutUsage: boolean): void {
  ledger.executed('sync');
  if (!isBilled(outcome)) return;
  ledger.billed('sync', hash, null, () => '');
  if (withoutUsage) ledger.withoutUsage('sync');
  if (outcome !== outcomes.answered) ledger.flawed('sync', hash);
}

/** Whether an earlier call has written the prefix of this one into the cache. */
export function isCached({ seenPrefixes }: World, facts: BodyFacts): boolean {
  return facts.cacheLife !== 'none' && seenPrefixes.has(prefixKey(facts));
}

function writesCache(world: World, facts: BodyFacts): boolean {
  if (facts.cacheLife === 'none' || isCached(world, facts)) return false;
  world.seenPrefixes.add(prefixKey(facts));
  return true;
}

/** Prefixes of one length and model are taken for the same: close enough for usage figures. */
const prefixKey = ({ model, cachedTokens }: BodyFacts): string => `${model}/${cachedTokens}`;
