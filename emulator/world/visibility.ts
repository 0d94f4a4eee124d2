// Where the view of a batch differs from its real state: batches that vanish, results that are shown late or grow, and states with an unknown
// name. Everything is computed from the clock.
import { faultFor } from '../faults/batch-faults.ts';
import type { Call } from '../server/call.ts';
import { type Batch, batchMoment } from './batch.ts';
import { isTerminal, type Moment } from './timeline.ts';
import type { Part, World } from './world.ts';

/** A vanished batch continues to run and is billed. The current options decide, so that a test can bring it back. */
export function isVanished({ options: { current } }: World, batch: Batch): boolean {
  const { vanishAll } = current;
  if (Array.isArray(vanishAll) ? vanishAll.includes(batch.tenant) : vanishAll) return true;
  return faultFor(current, batch.ordinal).vanish === true;
}

/** Undefined if the account has no batch of this id at the vendor of the call, or if it vanished. */
export function findOwn(world: World, { entry, route, tenant }: Call, id: string): Batch | undefined {
  const batch = world.batches.get(id);
  entry.batch = id;
  const isOwn = batch?.vendor === route.vendor && batch.tenant === tenant && !batch.deleted;
  return isOwn && !isVanished(world, batch) ? batch : undefined;
}

export const hasEnded = ({ options, settledAtMs }: World, batch: Batch): boolean =>
  isTerminal(batchMoment(batch, options.current, settledAtMs).phase);

/** When the results of an ended batch get a name. */
export function shownAtMs({ fault, createdAtMs }: Batch, part: Part, { endedAtMs }: Moment): number {
  const delayMs = part === 'output' ? fault.outputShownAfterMs : fault.errorsShownAfterMs;
  return (endedAtMs ?? createdAtMs) + (delayMs ?? 0);
}

export function isShown(batch: Batch, part: Part, nowMs: number): boolean {
  return batch.final !== null && nowMs >= shownAtMs(batch, part, batch.final);
}

/** Whether the output is still short: it grows from the time at which it is shown. Error files never grow. */
export function isGrowing(batch: Batch, nowMs: number): boolean {
  if (batch.final === null) return false;
  return nowMs < shownAtMs(batch, 'output', batch.final) + (batch.fault.outputGrowsForMs ?? 0);
}

/** The unknown name for the batch's state, or null; a batch in validation has its own. */
export function unknownStatus(
  { options: { current }, settledAtMs }: World,
  batch: Batch,
  { inProgressAtMs }: Moment,
): string | null {
  const { unknownStatus: name, unknownStatusForMs: forMs } = faultFor(current, batch.ordinal);
  if (name === undefined || inProgressAtMs === null) return null;
  return forMs === undefined || settledAtMs < inProgressAtMs + forMs ? name : null;
}
