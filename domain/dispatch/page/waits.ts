// What people see of the lines of waiting batches: who waits for what, and why.

import { formatCount, formatDollars } from '../../progress/markdown.ts';
import type { Block } from '../blocks.ts';
import { type Candidate, listCandidates, listWaits, type Wait } from '../grant.ts';
import type { Limits } from '../limits.ts';
import { countWanted, type DispatchState, namePool } from '../state.ts';
import type { Usage } from '../usage.ts';

export interface WaitPage {
  readonly holder: string;
  readonly tenant: string;
  readonly priority: 1 | 2 | 3;
  readonly account: string;
  readonly model: string;
  readonly lane: string;
  readonly batches: number;
  readonly since: number;
  readonly reason: string;
}

/** Those that wait longest first. */
export const listWaitPages = (state: DispatchState, limits: Limits, usage: Usage, now: number): readonly WaitPage[] =>
  listWaitingPools(state)
    .flatMap((pool) => listWaits(state, limits, usage, pool, now))
    .map(toWaitPage)
    .toSorted((a, b) => a.since - b.since);

const listWaitingPools = (state: DispatchState): readonly string[] => [
  ...new Set(listCandidates(state).map(({ holder, entry }) => namePool(holder.account, entry))),
];

const toWaitPage = ({ id, holder, entry, ...wait }: Candidate & Wait): WaitPage => ({
  holder: id,
  tenant: holder.tenant,
  priority: holder.priority,
  account: holder.account,
  model: entry.model,
  lane: entry.lane,
  batches: countWanted(entry),
  since: entry.since,
  reason: describeWait(wait),
});

/** As in "enqueued tokens of this-model: 1.9 M of 2.0 M in use; 3rd in line". */
export const describeWait = ({ block, position }: Wait): string =>
  `${block === null ? 'its turn comes' : describeBlock(block)}; ${toOrdinal(position)} in line`;

function describeBlock(block: Block): string {
  switch (block.kind) {
    case 'room': {
      const what = { tokens: 'enqueued tokens', batches: 'batches', lanes: 'realtime batches' }[block.unit];
      return `${what} of ${block.of}: ${formatCount(block.used)} of ${formatCount(block.limit)} in use`;
    }
    case 'untried':
      return `the room of ${block.of} is not known: ${block.unsure} batches wait to be accepted by the provider`;
    case 'tenant':
      return `batches of ${describeTenant(block.tenant)}: ${block.used} of ${block.limit} in use`;
    case 'cap': {
      const { cap, reservedUsd, needUsd } = block;
      const lacking = roundUp(cap.settledUsd + reservedUsd + needUsd - cap.capUsd);
      return `the cap of ${describeOwner(block.owner)} for ${cap.name} is ${formatDollars(cap.capUsd)}: ${formatDollars(cap.settledUsd)} is spent and ${formatDollars(reservedUsd)} reserved; the next batch needs ${formatDollars(lacking)} more`;
    }
    case 'unpriced':
      return `${describeOwner(block.owner)} has a cap, and the cost of the next batch is not known: give the price of its model in NIGHTSHIFT_PRICES, or limit its output tokens`;
  }
}

/** More than sums of binary fractions may be off. */
const rounding = 1e-6;

/** A cap that is raised by what is shown must be enough. */
function roundUp(usd: number): number {
  const digits = usd < 1 ? 1e4 : 100;
  return Math.ceil(usd * digits - rounding) / digits;
}

const describeTenant = (tenant: string): string => (tenant === '' ? 'jobs without a tenant' : `the tenant ${tenant}`);

export function describeOwner(owner: string): string {
  const at = owner.indexOf(':');
  const [kind, name] = [owner.slice(0, at), owner.slice(at + 1)];
  return kind === 'tenant' ? describeTenant(name) : `the ${kind} ${name}`;
}

function toOrdinal(position: number): string {
  const isTeen = position % 100 > 10 && position % 100 < 14;
  const ending = isTeen ? 'th' : (['th', 'st', 'nd', 'rd'][position % 10] ?? 'th');
  return `${position}${ending}`;
}
