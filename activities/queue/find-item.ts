// Finds the deliveries that wait and have an item with a given id.

import { cancellationSignal } from '@temporalio/activity';
import type { RowId } from '../../domain/ids.ts';
import { deliveryFile } from '../../queue-folder/paths.ts';
import type { ActivityDeps } from '../deps.ts';
import { heartbeating } from '../heartbeat.ts';
import { idReader, readDelivery } from './delivered-items.ts';
import { listAllDeliveries } from './list-deliveries.ts';
import { type QueueRef, readQueueSpec } from './queue-file.ts';

export interface FindItemInput extends QueueRef {
  readonly id: RowId;
}

export function findItem(deps: ActivityDeps, { output, id }: FindItemInput): Promise<readonly string[]> {
  return heartbeating(deps.timing, async () => {
    const { store } = deps;
    const found: string[] = [];
    const readId = idReader(deps, await readQueueSpec(store, { output }));
    for (const { name } of await listAllDeliveries(store, output)) {
      for await (const item of readDelivery(store, deliveryFile(output, name), readId, cancellationSignal())) {
        if (item.id !== id) continue;
        found.push(name);
        break;
      }
    }
    return found;
  });
}
