// The events of a random script: at which call, and what happens there.

import type { BatchFault } from '../../emulator/faults/batch-faults.ts';
import { requireEmulated } from '../../test/providers/vendors/emulated/setups.ts';
import type { Dice } from './dice.ts';
import type { CallKind, Command, Deed, Moment, Part, ProviderCall, ScriptEvent } from './script.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

interface Facts {
  readonly batches: number;
  readonly vendor: string;
}

export function writeEvents(dice: Dice, facts: Facts): ScriptEvent[] {
  const count = dice.choose(1, 2, 3, 3, 4, 4, 5, 6, 8);
  return Array.from({ length: count }, () => writeEvent(dice, facts));
}

function writeEvent(dice: Dice, facts: Facts): ScriptEvent {
  const kind = dice.choose('death', 'command', 'refusal', 'lost reply', 'cut', 'batch', 'batch', 'death');
  switch (kind) {
    case 'death':
      return { at: moment(dice, facts, anyCall(dice)), deed: { kind: 'death' } };
    case 'command':
      return { at: moment(dice, facts, anyCall(dice)), deed: { kind, command: writeCommand(dice, facts) } };
    case 'refusal':
      return writeRefusal(dice, facts);
    case 'lost reply': {
      const call = dice.choose<ProviderCall>('create', 'create', 'create', 'upload', 'poll', 'cancel', 'find', 'ask');
      const deed: Deed = { kind, how: dice.choose('reset', '502'), times: dice.choose(1, 1, 2) };
      return { at: moment(dice, facts, call), deed };
    }
    case 'cut': {
      const [afterBytes, withLength] = [dice.between(0, 2000), dice.isBelow(0.5)];
      const deed: Deed = { kind, afterBytes, withLength, times: dice.choose(1, 1, 2, 7) };
      return { at: moment(dice, facts, 'download'), deed };
    }
    case 'batch':
      return { at: moment(dice, facts, 'create'), deed: { kind, fault: writeBatchFault(dice, facts) } };
  }
}

function moment(dice: Dice, { batches }: Facts, kind: CallKind): Moment {
  return {
    part: choosePart(dice, batches, kind),
    kind,
    nth: dice.choose(1, 1, 1, 1, 2, 2, 3),
    when: dice.choose('before', 'after'),
  };
}

function choosePart(dice: Dice, batches: number, kind: CallKind): Part {
  if (/job.json|results|report/.test(kind)) return 'job';
  if (kind === 'forget' || kind === 'ask' || kind === 'write journal' || dice.isBelow(0.4)) return 'any';
  return chooseBatch(dice, batches);
}

const chooseBatch = (dice: Dice, batches: number): Part => {
  const wave = dice.choose(1, 1, 1, 2);
  return `wave-${wave}/batch-${String(dice.between(1, wave === 1 ? batches : 1)).padStart(4, '0')}`;
};

function anyCall(dice: Dice): CallKind {
  return dice.choose<CallKind>(
    ...(['upload', 'find', 'create', 'create', 'poll', 'poll', 'cancel', 'download', 'forget', 'ask'] as const),
    ...(['write intent', 'write intent', 'write handle', 'write ended', 'write raw', 'write journal'] as const),
    ...(['write answers', 'write tally', 'write results', 'write report', 'remove intent', 'notify'] as const),
  );
}

function writeCommand(dice: Dice, { batches }: Facts): Command {
  const name = dice.choose(
    ...(['pause', 'pause', 'resume', 'cancel', 'setBudget', 'setDeadline', 'setConcurrency', 'retryFailed'] as const),
    ...(['cancel child', 'cancel child'] as const),
  );
  switch (name) {
    case 'setBudget':
      return { name, usd: dice.choose(0, 0.00001, 100, null) };
    case 'setDeadline':
      return {
        name,
        change: dice.choose({ batch: '1h' }, { batch: '30h' }, { job: '3h' }, { job: '30h' }, { job: null }),
      };
    case 'setConcurrency':
      return { name, concurrency: dice.choose(1, 2, 20) };
    case 'retryFailed':
      return { name, reasons: dice.choose<readonly string[] | null>(null, ['bad_request']) };
    case 'cancel child':
      return { name, child: dice.choose(chooseBatch(dice, batches), 'wave-1/segment-0001') };
    default:
      return { name };
  }
}

function writeRefusal(dice: Dice, facts: Facts): ScriptEvent {
  const call = dice.choose<ProviderCall>('upload', 'find', 'create', 'create', 'poll', 'cancel', 'download', 'ask');
  const status = dice.choose(400, 401, 403, 404, 413, 429, 429, 500, 502, 503, 504);
  const times = dice.choose(1, 1, 2, 3);
  const isQuick = status === 429 && call === 'ask';
  return {
    at: moment(dice, facts, call),
    deed: { kind: 'refusal', refusal: { status, times, ...(isQuick ? { retryAfter: 0.05 } : {}) } },
  };
}

function writeBatchFault(dice: Dice, { vendor }: Facts): BatchFault {
  const { api, hasNoStatus } = requireEmulated(vendor);
  const expired = expire(vendor, dice.choose(0, 0.5, 1));
  const shared: readonly BatchFault[] = [
    { endAs: 'cancelled', partial: dice.choose(0, 0.5) },
    { endAs: 'failed', partial: dice.choose(0, 0.5, 1) },
    { allFailed: true },
    { stuckIn: dice.choose('validating', 'in_progress', 'cancelling') },
    { neverEnd: true },
    { vanish: true },
    { unknownStatus: 'paused', unknownStatusForMs: dice.choose(minuteMs, hourMs) },
    { outputShownAfterMs: dice.choose(minuteMs, hourMs) },
    { outputGrowsForMs: dice.choose(minuteMs, 5 * minuteMs) },
    { requestCountsNull: true },
    { countsZero: true },
  ];
  const ofOpenai: readonly BatchFault[] = [
    { failWith: { code: 'token_limit_exceeded', message: 'full' } },
    { failWith: { code: 'insufficient_quota', message: 'no' } },
    { failWith: { code: 'invalid_json_line', message: 'bad line', line: 1 } },
    { fileNotFoundFor: dice.choose(1, 2) },
    { outputNotFoundFor: dice.choose(1, 3) },
    { errorsShownAfterMs: dice.choose(minuteMs, hourMs) },
    { zeroByteErrorFile: true },
    { stuckIn: 'finalizing' },
  ];
  const faults = api === 'openai' ? [...shared, ...ofOpenai] : shared;
  return dice.choose(expired, ...(hasNoStatus ? faults.filter(hasCounts) : faults));
}

const hasCounts = ({ requestCountsNull, countsZero }: BatchFault): boolean => !requestCountsNull && !countsZero;

/**
 * A batch that expires after this share of it ran. If the vendor would show nothing of that, nothing runs. If it would not show the end, the batch
 * is cancelled.
 */
export function expire(vendor: string, share: number): BatchFault {
  const { keepsExpired, hasNoStatus } = requireEmulated(vendor);
  return { endAs: hasNoStatus ? 'cancelled' : 'expired', partial: keepsExpired ? share : 0 };
}
