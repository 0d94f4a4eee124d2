// Writes a random script from a seed: a small job, a provider with its habits, and a few events.

import type { OptionsInput } from '../../emulator/faults/options.ts';
import { requireEmulated } from '../../test/providers/vendors/emulated/setups.ts';
import { Dice } from './dice.ts';
import type { Script } from './script.ts';
import { writeEvents } from './write-events.ts';

/** Shortages have their own dice, so that a seed's other choices do not change. */
const shortages = 1_000_000;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Without a vendor, the seed chooses one of two. Its other choices are the same for every vendor. */
export function writeScript(seed: number, givenVendor?: string): Script {
  const dice = new Dice(seed);
  const chosen = dice.choose('openai', 'anthropic');
  const vendor = givenVendor ?? chosen;
  const rows = dice.between(6, 30);
  const batches = dice.choose(1, 1, 2, 2, 3, 3, 4, 6);
  const maxItems = Math.max(2, Math.ceil(rows / batches));
  return {
    seed,
    vendor,
    rows,
    job: writeJob(dice, maxItems),
    batchesPerSegment: dice.choose(500, 500, 500, 2, 1),
    provider: { ...writeProvider(dice), ...writeShortages(new Dice(seed + shortages), vendor, maxItems) },
    events: writeEvents(dice, { batches: Math.ceil(rows / maxItems), vendor }),
  };
}

function writeJob(dice: Dice, maxItems: number): Script['job'] {
  return {
    batch: { maxItems, concurrency: dice.choose(1, 2, 10) },
    minBatchItems: dice.choose(1, 1, 3, 8),
    poll: { initial: dice.choose('1m', '5m'), factor: 3, max: '2h' },
    retry: { rounds: dice.choose(0, 1, 1, 2, 3), backoff: '1m' },
    realtime: { concurrency: dice.choose(1, 4) },
    fallback: { lane: dice.choose('realtime', 'realtime', 'none') },
    // biome-ignore lint/suspicious/noThenProperty: the public name of a choice, never a function.
    deadline: { batch: dice.choose('2h', '2h', '6h', '20h'), then: dice.choose('fallback', 'retry', 'fail') },
  };
}

function writeProvider(dice: Dice): OptionsInput {
  return {
    answer: { mode: 'echo' },
    validateMs: dice.choose(0, minuteMs),
    runMs: dice.choose(minuteMs, 5 * minuteMs, 20 * minuteMs, 20 * minuteMs, 2 * hourMs),
    finalizeMs: dice.choose(0, minuteMs),
    cancelMs: dice.choose(0, minuteMs, 5 * minuteMs),
    fileBytesNull: dice.isBelow(0.2),
    contentLength: dice.choose('texts', 'texts', 'all', 'none'),
    output: { shuffle: dice.isBelow(0.3), blankLines: dice.isBelow(0.1), noFinalNewline: dice.isBelow(0.1) },
    itemErrors: writeItemErrors(dice),
    list: {
      order: dice.choose('newest', 'newest', 'oldest'),
      visibleAfterMs: dice.choose(0, 0, 0, 30_000, 4 * minuteMs, 15 * minuteMs),
      foreign: dice.choose(0, 0, 3),
    },
  };
}

/** Limits below what the job wants at the same time, outages, and answers that do not say what they cost. */
function writeShortages(dice: Dice, vendor: Script['vendor'], maxItems: number): OptionsInput {
  return {
    ...(dice.isBelow(0.4) ? { limits: writeLimits(dice, vendor, maxItems) } : {}),
    ...(dice.isBelow(0.2) ? { sync: { rpm: dice.choose(2, 20), retryAfter: dice.isBelow(0.5) } } : {}),
    ...(dice.isBelow(0.25) ? { outage: writeOutage(dice) } : {}),
    ...(dice.isBelow(0.2)
      ? { usage: { missing: dice.choose(0.3, 1), as: dice.choose('absent', 'null', 'empty') } }
      : {}),
  };
}

/** The largest batch fits. */
function writeLimits(dice: Dice, vendor: Script['vendor'], maxItems: number): OptionsInput['limits'] {
  const room = dice.choose(1, 1.5, 2.5);
  const others = dice.isBelow(0.3) ? { batches: 100, forMs: dice.choose(20 * minuteMs, 5 * hourMs) } : {};
  if (dice.isBelow(0.3)) return { batches: Math.ceil(room), others };
  const { api } = requireEmulated(vendor);
  if (api === 'anthropic') return { requests: Math.ceil(room * maxItems) };
  const tokensRefusedAt = dice.choose('validation', 'create');
  return {
    tokens: Math.ceil(room * maxItems * tokensOfItem),
    // Only OpenAI's API checks a batch after its create.
    tokensRefusedAt: api === 'openai' ? tokensRefusedAt : 'create',
    tokensMessage: dice.choose('exact', 'rounded', 'unnamed'),
  };
}

/** The most tokens by the emulator's count. */
const tokensOfItem = 20;

function writeOutage(dice: Dice): OptionsInput['outage'] {
  return {
    how: dice.choose<'reset' | 'close' | 500 | 502 | 503>('reset', 'close', 500, 502, 503),
    calls: dice.choose('*', 'batch', 'sync', 'files'),
    fromMs: dice.choose(0, minuteMs, 10 * minuteMs, hourMs),
    forMs: dice.choose(minuteMs, 20 * minuteMs, 3 * hourMs),
  };
}

function writeItemErrors(dice: Dice): OptionsInput['itemErrors'] {
  if (dice.isBelow(0.5)) return {};
  const rate = (): number => (dice.isBelow(0.25) ? dice.choose(0.1, 0.3) : 0);
  return {
    rate400: rate(),
    rate429: rate(),
    rate500: rate(),
    rateTruncated: rate(),
    dropped: rate(),
    withoutId: rate() / 2,
    duplicate: rate(),
    foreign: rate(),
    failTimes: dice.choose(1, 1, 2),
  };
}
