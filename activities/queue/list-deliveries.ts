// Lists what waits in a queue's folder. The folder is the truth: news of a delivery may be lost, but not its file.

import { cancellationSignal } from '@temporalio/activity';
import { type FoundInStore, sortFound } from '../../domain/queue/changes.ts';
import { compareDeliveries, type Delivery, parseDelivery } from '../../domain/queue/delivery.ts';
import { deliveriesFolder, parseDeliveryFile } from '../../queue-folder/paths.ts';
import type { Store } from '../../storage/store.ts';

/** Some by name, and the sums of the others. */
export const listDeliveries = async (store: Store, output: string): Promise<FoundInStore> =>
  sortFound(await listAllDeliveries(store, output));

/** The oldest first. */
export async function listAllDeliveries(store: Store, output: string): Promise<readonly Delivery[]> {
  const all: Delivery[] = [];
  for await (const { uri } of store.list(deliveriesFolder(output), cancellationSignal())) {
    const delivery = parseDelivery(parseDeliveryFile(uri));
    if (delivery !== null) all.push(delivery);
  }
  return all.sort(compareDeliveries);
}
