// Requests and tokens per minute of the synchronous calls, by account and model: which calls pass, and how much an account has used. The
// vendors' words for it are in rate-words.ts.
import { bodyFacts, countMaxOutput } from '../answers/body-facts.ts';
import { nameFamily } from '../answers/models.ts';
import { isCached } from '../answers/sync-lane.ts';
import type { Call } from '../server/call.ts';
import { asText } from '../server/json.ts';
import { Refused } from '../server/reply.ts';
import { isSync, namesModelInUrl } from '../server/routes.ts';
import type { World } from '../world/world.ts';
import { type Bucket, type Flow, fullInMs, refill, waitMs } from './bucket.ts';
import { headersFor, type LimitKind, type LimitState, problemFor } from './rate-words.ts';
import type { Caller } from './rates.ts';

interface Use {
  kind: LimitKind;
  flow: Flow;
  /** The amount that must be there to pass. For output, only that some is left, because nobody knows yet how much it will be. */
  needed: number;
  taken: number;
}

/** Lets the call through or refuses it as the vendor does. A refused call uses nothing. */
export function checkRate(world: World, call: Call): void {
  if (!isSync(call.route.name)) return;
  const caller = readCaller(call);
  const tokens = countTokens(world, call);
  const uses = listUses(world, caller, tokens);
  const tight = uses
    .map((use) => ({ use, waitMs: waitMs(readBucket(world, caller, use), use.flow, use.needed) }))
    .reduce((worst, one) => (one.waitMs > worst.waitMs ? one : worst), { use: uses[0], waitMs: 0 });
  if (tight.use !== undefined && tight.waitMs > 0) {
    const { kind, needed } = tight.use;
    const state = readState(world, caller, tight.use);
    const { retryAfter } = world.options.current.sync;
    throw new Refused(problemFor(caller, kind, { ...state, needed, waitMs: tight.waitMs, retryAfter }));
  }
  for (const use of uses) take(world, caller, use, use.taken);
  world.rates.pass(caller, world.clock.now(), tokens);
}

/** Output is charged after it was made. */
export function chargeOutput(world: World, call: Call, tokens: number): void {
  const caller = readCaller(call);
  const use = listUses(world, caller, 0).find(({ kind }) => kind === 'output');
  if (use !== undefined) take(world, caller, use, tokens);
}

/** Counts a refusal, whatever its reason, and returns headers with the account's use. */
export function finishSyncCall(world: World, call: Call, status: number): Record<string, string> {
  if (!isSync(call.route.name) || call.tenant === '') return {};
  const caller = readCaller(call);
  if (status === 429) world.rates.refuse(caller, world.clock.now());
  const states = listUses(world, caller, 0).map((use) => readState(world, caller, use));
  return headersFor(caller.vendor, states, world.clock.now());
}

const readCaller = ({ route, tenant, body, id }: Call): Caller => ({
  vendor: route.vendor,
  tenant,
  model: namesModelInUrl(route.vendor) ? id : asText(body.model),
});

function listUses({ options }: World, { vendor }: Caller, tokens: number): Use[] {
  const { rpm, tpm, otpm, burstMs } = options.current.sync;
  const use = (kind: LimitKind, perMinute: number | undefined, needed: number, taken = needed): Use[] =>
    perMinute === undefined ? [] : [{ kind, flow: { perMinute, burstMs }, needed, taken }];
  return [
    ...use('requests', rpm, 1),
    ...use(vendor === 'anthropic' ? 'input' : 'tokens', tpm, tokens),
    ...(vendor === 'anthropic' ? use('output', otpm, 1, 0) : []),
  ];
}

/** OpenAI counts the most that a request may use, Anthropic the input that is not cached. */
function countTokens(world: World, { route, body }: Call): number {
  const facts = bodyFacts(body);
  if (route.vendor === 'openai') return facts.tokens + countMaxOutput(body);
  return isCached(world, facts) ? facts.tokens - facts.cachedTokens : facts.tokens;
}

const keyOf = ({ vendor, tenant, model }: Caller, kind: LimitKind): string =>
  JSON.stringify([vendor, tenant, nameFamily(model), kind]);

function readBucket(world: World, caller: Caller, { kind, flow }: Use): Bucket {
  return refill(world.buckets.get(keyOf(caller, kind)), flow, world.clock.now());
}

function take(world: World, caller: Caller, use: Use, amount: number): void {
  const { level, atMs } = readBucket(world, caller, use);
  world.buckets.set(keyOf(caller, use.kind), { level: level - amount, atMs });
}

function readState(world: World, caller: Caller, use: Use): LimitState {
  const bucket = readBucket(world, caller, use);
  return { kind: use.kind, limit: use.flow.perMinute, left: bucket.level, fullInMs: fullInMs(bucket, use.flow) };
}
