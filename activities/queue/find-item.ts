// Finds the deliveries that wait and have an item with a given id.

import { cancellationSignal } from '@temporalio/activity';
import type { RowId } from '../../domain/ids.ts';
import type { ActivityDeps } from '../deps.ts';
import { heartbeating } from '../heartbeat.ts';
import { readDelivery } from './delivered-items.ts';
import { listDeliveries } from './list-deliveries.ts';
import { type QueueRef, readQueueSpec } from './queue-file.ts';

export interface FindItemInput extends QueueRef {
  readonly id: RowId;
}

export function findItem(deps: ActivityDeps, { output, id }: FindItemInput): Promise<readonly string[]> {
  return heartbeating(deps.timing, async () => {
    const found: string[] = [];
    const spec = await readQueueSpec(deps.store, { output });
    const { waiting } = await listDeliveries(deps.store, output);
    for (const { name } of waiting) {
      for await (const item of readDelivery(deps.store, spec, name, cancellationSignal())) {
        if (item.id !== id) continue;
        found.push(name);
        break;
      }
    }
    return found;
  });
}
