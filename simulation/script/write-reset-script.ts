// Writes a random script for the real server: short times, and a person who resets, terminates and takes over.

import type { BatchFault } from '../../emulator/faults/batch-faults.ts';
import { Dice } from './dice.ts';
import type { CallKind, Command, Deed, Script, ScriptEvent } from './script.ts';
import { writeScript } from './write-script.ts';

export function writeResetScript(seed: number): Script {
  const dice = new Dice(seed + 1_000_000);
  const { provider, job, ...script } = writeScript(seed);
  const batches = 3;
  return {
    ...script,
    rows: batches * 4,
    job: {
      ...job,
      batch: { maxItems: 4, concurrency: dice.choose(1, 10) },
      minBatchItems: 1,
      poll: { initial: '200ms', max: '500ms' },
      retry: { rounds: 1, backoff: '500ms' },
      // biome-ignore lint/suspicious/noThenProperty: the public name of a choice, never a function.
      deadline: { batch: '20s', then: 'fallback' },
    },
    provider: {
      ...provider,
      validateMs: 50,
      runMs: dice.choose(200, 1000, 2000),
      finalizeMs: 50,
      cancelMs: 50,
      list: { ...provider.list, visibleAfterMs: dice.choose(0, 0, 2000) },
    },
    events: [
      writeHardEvent(dice, batches),
      ...Array.from({ length: dice.between(0, 3) }, () => writeEvent(dice, batches)),
    ],
  };
}

function writeHardEvent(dice: Dice, batches: number): ScriptEvent {
  const kind = dice.choose<CallKind>(
    ...(['upload', 'find', 'create', 'create', 'poll', 'poll', 'download', 'write intent', 'write handle'] as const),
    ...(['write ended', 'write tally', 'write results', 'write report', 'forget'] as const),
  );
  return {
    at: {
      part: 'any',
      kind,
      nth: dice.between(1, /results|report/.test(kind) ? 1 : 3),
      when: dice.choose('before', 'after'),
    },
    deed: { kind: 'command', command: writeHardCommand(dice, batches) },
  };
}

function writeHardCommand(dice: Dice, batches: number): Command {
  const name = dice.choose('reset', 'reset', 'reset', 'terminate child', 'terminate and resume');
  if (name === 'reset') return { name, share: dice.choose(0, 0.3, 0.7, 1) };
  if (name === 'terminate child') return { name, child: `wave-1/batch-000${dice.between(1, batches)}` };
  return { name };
}

function writeEvent(dice: Dice, batches: number): ScriptEvent {
  const kind = dice.choose<CallKind>('create', 'create', 'find', 'poll', 'download', 'write handle', 'write ended');
  const part = dice.choose('any', `wave-1/batch-000${dice.between(1, batches)}`);
  return {
    at: { part, kind, nth: dice.between(1, 2), when: dice.choose('before', 'after') },
    deed: writeDeed(dice, kind),
  };
}

/** Only faults that cause short waits. */
function writeDeed(dice: Dice, kind: CallKind): Deed {
  const deeds: [Deed, ...Deed[]] = [{ kind: 'death' }];
  if (kind === 'create') {
    deeds.push({ kind: 'lost reply', how: 'reset', times: 1 }, { kind: 'batch', fault: writeBatchFault(dice) });
    deeds.push({ kind: 'refusal', refusal: { status: dice.choose(400, 401), times: 1 } });
  }
  if (kind === 'find' || kind === 'poll') deeds.push({ kind: 'lost reply', how: 'reset', times: 1 });
  if (kind === 'download') deeds.push({ kind: 'cut', afterBytes: 900, withLength: dice.isBelow(0.5), times: 1 });
  return dice.choose(...deeds);
}

function writeBatchFault(dice: Dice): BatchFault {
  return dice.choose<BatchFault>(
    { endAs: 'expired', partial: 0.5 },
    { endAs: 'failed', partial: 0.5 },
    { endAs: 'cancelled', partial: 0.5 },
    { outputShownAfterMs: 2000 },
    { outputGrowsForMs: 1000 },
    { neverEnd: true },
  );
}
