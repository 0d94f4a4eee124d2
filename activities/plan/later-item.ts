// An item of a later wave: its line of an earlier wave goes out again under another custom id.

import { type CustomId, customId } from '../../domain/ids.ts';
import type { JobFile } from '../../domain/job.ts';
import type { MaybePromise } from '../../domain/maybe-promise.ts';
import { findReservePrice } from '../../domain/money/cost.ts';
import type { ItemLine } from '../../domain/outcome/outcome.ts';
import { estimateItem } from '../../domain/plan/item-estimate.ts';
import type { RealtimeCause } from '../../domain/plan/split.ts';
import type { PlannedItem } from '../../job-folder/plan/batch-files.ts';
import { formatItemLine } from '../../job-folder/plan/item-line.ts';
import type { Provider } from '../../providers/provider.ts';
import type { LineWriter } from '../../storage/lines/json-lines.ts';
import { countBytesAround } from '../../threads/tasks/unnamed-lines.ts';

export interface LaterItemParts extends Omit<ItemLine, 'customId'> {
  readonly model: string;
  readonly endpoint: string;
  readonly realtimeCause: RealtimeCause | null;
  /** Its line of the earlier wave, without the newline. */
  readonly line: Buffer;
  /** Null if not known. */
  readonly outputTokens: number | null;
}

export function makeLaterItem(
  parts: LaterItemParts,
  dialect: Pick<Provider, 'encode' | 'relabel'>,
  { prices, spec }: { readonly prices: JobFile['prices']; readonly spec: Pick<JobFile['spec'], 'strictBudget'> },
): PlannedItem {
  const { row, model, endpoint, realtimeCause, line, outputTokens } = parts;
  const bytes = line.length + 1;
  const price = findReservePrice(model, prices, spec.strictBudget === true);
  const estimate = estimateItem(bytes - countBytesAround(dialect, endpoint), outputTokens, price);
  const name = (prefix: string): CustomId => customId(prefix, parts.key);
  return {
    row,
    model,
    endpoint,
    realtimeCause,
    bytes,
    ...estimate,
    writeRequest: (prefix: string, into: LineWriter): MaybePromise<void> =>
      into.write(dialect.relabel(line, name(prefix))),
    writeItem: (prefix: string, into: LineWriter): MaybePromise<void> =>
      into.write(formatItemLine(parts, name(prefix))),
  };
}
