// The dispatcher's figures as tables: limits and use, holders, and lines of waiting batches.

import { isRoomKnown } from '../../../domain/dispatch/blocks.ts';
import { type Load, noLoad } from '../../../domain/dispatch/declaration.ts';
import { findTenant } from '../../../domain/dispatch/limits.ts';
import { describeReserved } from '../../../domain/dispatch/page/page.ts';
import { addLoads } from '../../../domain/dispatch/state.ts';
import { formatCount } from '../../../domain/progress/markdown.ts';
import type { DispatchPage } from '../../index.ts';
import { usd } from '../print-job.ts';
import { type Row, rowsText } from './table.ts';

export type DispatchTable = readonly [title: string, rows: readonly Row[]];

/** The room of each account and model that a limit is known for or that is used. */
export function listRooms({ pools, limits }: DispatchPage): readonly Row[] {
  const used = pools.map(({ account, model, used: load, limits: room, learned, waiting }) => ({
    account,
    model,
    batches: formatUse(load.batches, room.batches),
    tokens: formatUse(load.tokens, room.enqueuedTokens),
    waiting,
    learned:
      learned === null
        ? null
        : `${learned.tokens === null ? `${learned.batches} batches` : `${formatCount(learned.tokens)} tokens`} until ${new Date(learned.until).toISOString().slice(0, 16)}Z`,
  }));
  const isUsed = (account: string, model: string): boolean =>
    pools.some((pool) => pool.account === account && pool.model === model);
  const idle = Object.entries(limits.accounts).flatMap(([account, { models = {}, ...ofAccount }]) => [
    ...(isRoomKnown(ofAccount)
      ? [
          {
            account,
            model: '(all models)',
            batches: formatUse(sumUsed(pools, account).batches, ofAccount.batches),
            tokens: formatUse(sumUsed(pools, account).tokens, ofAccount.enqueuedTokens),
            waiting: null,
            learned: null,
          },
        ]
      : []),
    ...Object.entries(models)
      .filter(([model, room]) => isRoomKnown(room) && !isUsed(account, model))
      .map(([model, room]) => ({
        account,
        model,
        batches: formatUse(0, room.batches),
        tokens: formatUse(0, room.enqueuedTokens),
        waiting: 0,
        learned: null,
      })),
  ]);
  return [...used, ...idle];
}

const sumUsed = (pools: DispatchPage['pools'], account: string): Load =>
  pools.filter((pool) => pool.account === account).reduce((sum, { used }) => addLoads(sum, used), noLoad);

/** The realtime lanes that share the rate of a model. */
export const listLanes = ({ lanes }: DispatchPage): readonly Row[] =>
  lanes.map(({ account, model, rpm, tpm, lanes: open }) => ({
    account,
    model,
    'requests a minute': rpm === null ? null : formatCount(rpm),
    'tokens a minute': tpm === null ? null : formatCount(tpm),
    'realtime lanes': open,
  }));

const formatUse = (used: number, limit: number | undefined): string =>
  limit === undefined ? formatCount(used) : `${formatCount(used)} of ${formatCount(limit)}`;

export const listMoney = ({ owners, limits }: DispatchPage): readonly Row[] =>
  owners.map((page) => {
    const { owner, batches, dayUsd, monthUsd, beyondUsd, caps, capShare } = page;
    const name = owner.slice(owner.indexOf(':') + 1);
    const tenant = owner.startsWith('tenant:') ? findTenant(limits, name) : null;
    return {
      of: owner === 'tenant:' ? 'no tenant' : owner.replace(':', ' '),
      batches: batches === null ? null : formatUse(batches, tenant?.batches),
      weight: tenant?.weight ?? null,
      reserved: describeReserved(page),
      today: formatSpent(dayUsd, caps, 'day'),
      'this month': formatSpent(monthUsd, caps, 'month'),
      'of its cap': capShare === null ? null : `${Math.round(100 * capShare)} %`,
      // Settlements may pass their reserves, at most by what the token limits allow.
      over: beyondUsd === 0 ? null : usd(beyondUsd),
    };
  });

function formatSpent(spent: number, caps: DispatchPage['owners'][number]['caps'], period: 'day' | 'month'): string {
  const cap = caps.find((its) => its.period === period);
  return cap === undefined ? usd(spent) : `${usd(spent)} of ${usd(cap.capUsd)}`;
}

const listHolds = ({ holds }: DispatchPage): readonly Row[] =>
  holds.map(({ holder, model, batches, tokens, reservedUsd, spentUsd, tenant, priority, lane }) => ({
    job: holder,
    model,
    batches,
    tokens: formatCount(tokens),
    reserved: usd(reservedUsd),
    spent: usd(spentUsd),
    tenant: tenant === '' ? null : tenant,
    priority,
    lane: lane === 'batch' ? null : lane,
  }));

const listWaits = ({ waits }: DispatchPage, now: number): readonly Row[] =>
  waits.map(({ holder, batches, reason, since, tenant, priority }) => ({
    job: holder,
    batches,
    'waits for': reason,
    minutes: Math.floor((now - since) / 60_000),
    tenant: tenant === '' ? null : tenant,
    priority,
  }));

/** One screen: who holds what, who waits for what and why, and what it costs. */
export function renderTop(page: DispatchPage, now: number, width: number, height: number): string {
  const tables: readonly DispatchTable[] = [
    ['room', listRooms(page)],
    ['realtime', listLanes(page)],
    ['money', listMoney(page)],
    ['holds', listHolds(page)],
    ['waits', listWaits(page, now)],
  ];
  const shown = tables.filter(([, rows]) => rows.length > 0);
  const rowsMax = Math.max(2, Math.floor((height - 2) / Math.max(1, shown.length)) - 3);
  const longest = Object.entries(page.longestWaitMs)
    .map(([priority, ms]) => `${Math.round(ms / 1000)} s for priority ${priority}`)
    .join(', ');
  const head = `${page.open} batches open, ${page.waiting} wait, ${page.holders} jobs and segments, ${page.grants} grants so far${longest === '' ? '' : `; longest waits: ${longest}`}`;
  return [head, ...shown.map(([title, rows]) => renderPart(title, rows, rowsMax, width))].join('\n\n');
}

function renderPart(title: string, rows: readonly Row[], rowsMax: number, width: number): string {
  const more = rows.length > rowsMax ? ` (${rows.length - rowsMax} more)` : '';
  return `${title}${more}\n${rowsText(rows.slice(0, rowsMax), width).text}`;
}
