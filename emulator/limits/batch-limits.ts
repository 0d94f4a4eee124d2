// The vendors' limits for open batches of an account, how much of them is in use, and the refusals when they are used up. An account shares its
// limits over all its keys, and other people may use a part of them.
import { nameFamily } from '../answers/models.ts';
import { isDuring } from '../faults/span.ts';
import type { Call } from '../server/call.ts';
import { refuse } from '../server/reply.ts';
import { isGoogle, type Vendor } from '../server/routes.ts';
import { type Batch, type BatchProblem, batchMoment, itemCount, type Scan } from '../world/batch.ts';
import { isTerminal } from '../world/timeline.ts';
import type { World } from '../world/world.ts';
import { figureFor, type PerModel } from './limit-options.ts';

const hourMs = 3_600_000;

/** Who wants to enqueue tokens, and when. */
interface Claim {
  vendor: Vendor;
  tenant: string;
  scan: Scan | null;
  atMs: number;
}

/** OpenAI's validator checks the limit on enqueued tokens: null if the batch fits. */
export function tokenProblem(world: World, batch: Batch): BatchProblem | null {
  if (batch.options.limits.tokensRefusedAt === 'create') return null;
  const claim = { vendor: batch.vendor, tenant: batch.tenant, scan: batch.scan, atMs: batch.validatedAtMs ?? 0 };
  return overTokens(world, claim, (other) => other !== batch && other.admitted);
}

/** The create itself checks the same limit: it also counts batches that are not yet validated. */
export function checkTokens(world: World, { tenant, route: { vendor } }: Call, scan: Scan): void {
  const problem = overTokens(world, { vendor, tenant, scan, atMs: world.settledAtMs }, () => true);
  if (problem === null) return;
  if (isGoogle(vendor)) throw refuse(429, problem.message);
  throw refuse(429, problem.message, { type: 'invalid_request_error', code: problem.code });
}

function overTokens(world: World, claim: Claim, counts: (other: Batch) => boolean): BatchProblem | null {
  const { limits } = world.options.current;
  const limit = readFigure(limits.tokens, claim.scan);
  if (limit === undefined) return null;
  const taken = [...world.active]
    .filter((other) => counts(other) && sharesTokens(other, claim) && isOpen(world, other, claim.atMs))
    .reduce((sum, { scan }) => sum + countTokens(scan), foreignUse(world, claim.atMs, 'tokens', claim.scan));
  if (taken + countTokens(claim.scan) <= limit) return null;
  return { code: 'token_limit_exceeded', message: tokenMessage(world, claim, limit), param: null, line: null };
}

function tokenMessage(world: World, { vendor, tenant, scan }: Claim, limit: number): string {
  const model = readModel(scan);
  const { tokensMessage } = world.options.current.limits;
  if (isGoogle(vendor)) return quotaMessage('enqueued_tokens', tokensMessage === 'unnamed' ? null : limit, model);
  if (tokensMessage === 'rounded') {
    const figure = limit.toLocaleString('en-US', { notation: 'compact', maximumFractionDigits: 1 });
    return `The number of enqueued tokens has surpassed the configured limit of ${figure} for the deployment ${model}.`;
  }
  const named = tokensMessage === 'exact' ? ` Limit: ${limit.toLocaleString('en-US')} enqueued tokens.` : '';
  return `Enqueued token limit reached for ${model} in organization org-${tenant}.${named} Please try again once some in_progress batches have been completed.`;
}

/** The vendor's usual words name no limit. */
const quotaMessage = (metric: string, limit: number | null, model: string): string =>
  limit === null
    ? 'Resource has been exhausted (e.g. check quota).'
    : `You exceeded your current quota. * Quota exceeded for metric: generativelanguage.googleapis.com/${metric}, limit: ${limit}, model: ${model}`;

const countTokens = (scan: Scan | null): number => scan?.index.tokensTotal ?? 0;
const readModel = (scan: Scan | null): string => scan?.index.modelNames[0] ?? '';

/** A model and its dated versions have one limit. */
const readFamily = (scan: Scan | null): string => nameFamily(readModel(scan));
const readFigure = (figures: PerModel | undefined, scan: Scan | null) =>
  figureFor(figures, readModel(scan)) ?? figureFor(figures, readFamily(scan));

function sharesTokens(other: Batch, { vendor, tenant, scan }: Claim): boolean {
  return other.vendor === vendor && other.tenant === tenant && readFamily(other.scan) === readFamily(scan);
}

/** An ended batch frees everything immediately, however much of it ran before. */
function isOpen(world: World, batch: Batch, atMs: number): boolean {
  return !isTerminal(batchMoment(batch, world.options.current, atMs).phase);
}

/** The use by other people of the account at that time. */
function foreignUse({ options }: World, atMs: number, kind: 'tokens' | 'batches' | 'requests', scan: Scan | null) {
  const { others } = options.current.limits;
  if (!isDuring(others, options.sinceMs('limits.others'), atMs)) return 0;
  return kind === 'tokens' ? (readFigure(others.tokens, scan) ?? 0) : others[kind];
}

/** What a vendor publishes. */
const openMax: Partial<Record<Vendor, number>> = { gemini: 100 };

/** Checks the number of open batches, whatever they hold. Call after settling. */
export function checkOpenBatches(world: World, { id, tenant, route }: Call): void {
  const limit = world.options.current.limits.batches ?? openMax[route.vendor];
  if (limit === undefined) return;
  const own = openBatches(world, route.vendor, tenant).length;
  if (own + foreignUse(world, world.settledAtMs, 'batches', null) < limit) return;
  if (isGoogle(route.vendor)) throw refuse(429, quotaMessage('concurrent_batch_requests', limit, id));
  if (route.vendor === 'bedrock') {
    const message = `You have reached the limit of ${limit} submitted and in-progress model invocation jobs.`;
    throw refuse(400, message, { type: 'ServiceQuotaExceededException' });
  }
  if (route.vendor === 'anthropic') {
    throw refuse(
      429,
      `This request would exceed the limit of ${limit} concurrent message batches for your organization.`,
    );
  }
  const message = `Too many concurrent batches in organization org-${tenant}. Limit: ${limit} batches. Please try again once some in_progress batches have been completed.`;
  throw refuse(429, message, { type: 'requests', code: 'rate_limit_exceeded' });
}

/** Checks the requests that wait at Anthropic: processed ones no longer count. Call after settling. */
export function checkQueue(world: World, { tenant }: Call, added: number): void {
  const limit = world.options.current.limits.requests;
  if (limit === undefined) return;
  const waiting = openBatches(world, 'anthropic', tenant).reduce(
    (sum, batch) => sum + itemCount(batch) - batch.executed,
    foreignUse(world, world.settledAtMs, 'requests', null),
  );
  if (waiting + added <= limit) return;
  throw refuse(429, `This request would exceed the limit of ${limit} batch requests waiting to be processed.`);
}

function openBatches({ active }: World, vendor: Vendor, tenant: string): Batch[] {
  return [...active].filter((batch) => batch.vendor === vendor && batch.tenant === tenant);
}

/** Counts a create that is about to succeed. */
export function countCreate(world: World, { tenant, route }: Call): void {
  const key = `${route.vendor}/${tenant}`;
  const nowMs = world.clock.now();
  const recent = (world.createTimes.get(key) ?? []).filter((at) => at > nowMs - hourMs);
  if (recent.length >= world.options.current.limits.createsPerHour) {
    const code = route.vendor === 'openai' ? { code: 'rate_limit_exceeded' } : {};
    throw refuse(429, 'Too many batches were created within an hour. Please try again later.', code);
  }
  world.createTimes.set(key, [...recent, nowMs]);
}
