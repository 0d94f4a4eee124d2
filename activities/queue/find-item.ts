// Finds the deliveries that wait and have an item with a given id.

import type { RowId } from '../../domain/ids.ts';
import type { ActivityDeps } from '../deps.ts';
import { heartbeating } from '../heartbeat.ts';
import { idReader, readDeliveries } from './delivered-items.ts';
import { listAllDeliveries } from './list-deliveries.ts';
import { type QueueRef, readQueueSpec } from './queue-file.ts';

export interface FindItemInput extends QueueRef {
  readonly id: RowId;
}

export function findItem(deps: ActivityDeps, { output, id }: FindItemInput): Promise<readonly string[]> {
  return heartbeating(deps.timing, async () => {
    const { store } = deps;
    const found = new Set<string>();
    const readId = idReader(deps, await readQueueSpec(store, { output }));
    const deliveries = await listAllDeliveries(store, output);
    for await (const item of readDeliveries(store, output, deliveries, readId)) {
      if (item.id === id) found.add(item.delivery.name);
    }
    return [...found];
  });
}
